using System.Diagnostics;
using System.Globalization;

namespace Realtime.Bench.Suite.Kernels;

/// <summary>Another program stepping the same cell, told by lines what to do; see bench/peers/ort_step.c.</summary>
internal sealed class PeerProcess : IDisposable
{
    private readonly Process _process;
    private readonly string _name;

    private PeerProcess(Process process, string name)
    {
        _process = process;
        _name = name;
        Version = Read();
    }

    /// <summary>What it says it is.</summary>
    public string Version { get; }

    /// <summary>Starts a peer; null, and a line that says so, where it can't be had.</summary>
    public static PeerProcess? TryStart(string name, string program, params string[] arguments)
    {
        try
        {
            var start = new ProcessStartInfo(program, arguments)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            };
            foreach (var threads in new[] { "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS" })
                start.Environment[threads] = "1";
            return new PeerProcess(Process.Start(start)!, name);
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or IOException)
        {
            Console.WriteLine($"LEFT OUT: {name} can't be had ({e.Message}); its rows are missing");
            return null;
        }
    }

    public void Load(CellWeights weights, int batch, string model, string inputs) => Ask(
        string.Create(CultureInfo.InvariantCulture, $"load {weights.Cell} {weights.Hidden} {batch} {model} {inputs}"));

    /// <summary>Has it write h of all rows after each of the steps from zero.</summary>
    public void WriteStates(int steps, string path) =>
        Ask(string.Create(CultureInfo.InvariantCulture, $"check {steps} {path}"));

    /// <summary>Nanoseconds of one call.</summary>
    public double Time(double milliseconds) => double.Parse(
        Ask(string.Create(CultureInfo.InvariantCulture, $"time 1 {milliseconds}")), CultureInfo.InvariantCulture);

    /// <summary>Its answer to a line.</summary>
    public string Ask(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
        return Read();
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(5000))
            _process.Kill();
        _process.Dispose();
    }

    private string Read() => _process.StandardOutput.ReadLine() ?? throw new IOException($"{_name} ended");
}
