using System.Diagnostics;

namespace Realtime.Protocol.Tests;

/// <summary>The distribution's Python with msgpack and pyzmq: an independent peer.</summary>
internal static class Python
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Why there is none; null where there is one.</summary>
    public static readonly string? Missing = Command.Succeeds(Command.Python, "-c", "import msgpack, zmq")
        ? null : $"{Command.Python} lacks the independent peers of tests: install python3-msgpack and python3-zmq";

    /// <summary>Runs a script to its end and returns its standard output; fails the test where it fails.</summary>
    public static string Run(string script, params string[] arguments)
    {
        using Process process = Start(script, arguments);
        return Finish(process);
    }

    public static Process Start(string script, params string[] arguments)
    {
        var start = new ProcessStartInfo(Command.Python)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(script);
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    public static string Finish(Process process)
    {
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill();
            Assert.Fail("the Python peer did not end in time");
        }
        Assert.True(process.ExitCode == 0, errors.GetAwaiter().GetResult());
        return output.GetAwaiter().GetResult();
    }
}

/// <summary>A test against Python peers; skipped, with what to install, where they are missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PythonFactAttribute : FactAttribute
{
    public PythonFactAttribute()
    {
        if (Python.Missing is { } reason)
            Skip = reason;
    }
}
