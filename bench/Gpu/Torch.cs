using System.Diagnostics;
using System.Globalization;

namespace Realtime.Bench.Gpu;

/// <summary>PyTorch on the same device, in a process that measures when it is told to.</summary>
internal sealed class Torch : IDisposable
{
    private readonly Process _process;

    private Torch(Process process, string version) => (_process, Version) = (process, version);

    /// <summary>PyTorch's version and its device.</summary>
    public string Version { get; }

    /// <summary>Starts it; null, with the reason, where there is no PyTorch for that device.</summary>
    /// <param name="onCpu">On the processor, as the device that is measured is it.</param>
    /// <param name="reason">One line.</param>
    public static Torch? Start(bool onCpu, out string reason)
    {
        string script = Path.Combine(AppContext.BaseDirectory, "torch_gpu.py");
        string python = Environment.GetEnvironmentVariable("PYTHON") ?? "python3";
        var start = new ProcessStartInfo(python, [script, onCpu ? "cpu" : "cuda"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true,
        };
        try
        {
            Process process = Process.Start(start)!;
            string? first = process.StandardOutput.ReadLine();
            if (first is not null && first.StartsWith("ready ", StringComparison.Ordinal))
            {
                reason = "";
                return new Torch(process, first["ready ".Length..]);
            }

            reason = first ?? "it ended without a word";
            process.Dispose();
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or IOException)
        {
            reason = $"{python}: {e.Message}";
        }

        return null;
    }

    /// <summary>Asks for one figure.</summary>
    /// <param name="what">"step ROWS", "rollout ROWS STEPS" or "copy BYTES".</param>
    /// <param name="microseconds">What it took.</param>
    /// <returns>Null, or why there is none.</returns>
    public string? Ask(string what, out double microseconds)
    {
        microseconds = double.NaN;
        try
        {
            _process.StandardInput.WriteLine(what);
            _process.StandardInput.Flush();
        }
        catch (IOException e)
        {
            return e.Message;
        }

        string answer = _process.StandardOutput.ReadLine() ?? "it ended";
        return double.TryParse(answer, NumberStyles.Float, CultureInfo.InvariantCulture, out microseconds)
            ? null : answer;
    }

    public void Dispose()
    {
        try
        {
            _process.StandardInput.Close();
            if (!_process.WaitForExit(10_000)) _process.Kill();
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            // It has ended already.
        }

        _process.Dispose();
    }
}
