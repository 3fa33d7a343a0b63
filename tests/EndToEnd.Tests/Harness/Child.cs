using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Realtime.EndToEnd.Tests.Harness;

/// <summary>A process under test: its output is collected, it gets signals, and it does not outlive the test.</summary>
internal sealed partial class Child : IDisposable
{
    public const int Interrupt = 2;
    public const int Terminate = 15;

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();

    /// <param name="program">Its name or path.</param>
    /// <param name="arguments">Of the program.</param>
    /// <param name="folder">Where it works; null is here.</param>
    /// <param name="environment">Variables beside those of the tests, of which none begins with OTEL_.</param>
    public Child(
        string program, IEnumerable<string> arguments, string? folder = null,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        // A program started in the background inherits that SIGINT is ignored; one in a terminal does not.
        var start = new ProcessStartInfo("env", ["--default-signal=INT", program, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? Environment.CurrentDirectory,
        };
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        foreach (var name in start.Environment.Keys.Where(static name => name.StartsWith("OTEL_")).ToArray())
            start.Environment.Remove(name);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Append(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Append(_errors, line.Data);
        _process.Start();
        _process.StandardInput.Close();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public string Output => Text(_output);

    public string Errors => Text(_errors);

    /// <summary>What a failure shows: both streams, the end of long ones.</summary>
    public string Everything => $"--- standard output\n{Tail(Output)}\n--- standard error\n{Tail(Errors)}";

    public void Signal(int signal)
    {
        if (Kill(_process.Id, signal) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    /// <summary>Waits for the end; returns the exit code. A process that takes longer is killed: a failure.</summary>
    public async Task<int> WaitAsync(TimeSpan patience, string what)
    {
        using var timeout = new CancellationTokenSource(patience);
        try
        {
            await _process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
            Assert.Fail($"{what} took longer than {patience}\n{Everything}");
        }

        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private static void Append(StringBuilder text, string? line)
    {
        if (line is null)
            return;
        lock (text)
            text.AppendLine(line);
    }

    private static string Text(StringBuilder text)
    {
        lock (text)
            return text.ToString();
    }

    private static string Tail(string text) => text.Length <= 20_000 ? text : "…" + text[^20_000..];

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}
