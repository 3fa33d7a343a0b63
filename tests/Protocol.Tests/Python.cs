using System.Diagnostics;

namespace Realtime.Protocol.Tests;

/// <summary>The distribution's Python with msgpack and pyzmq: an independent peer.</summary>
internal static class Python
{
    private const string Program = "/usr/bin/python3";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Why there is none; null where there is one.</summary>
    public static readonly string? Missing = Probe();

    /// <summary>Runs a script to its end and returns its standard output; fails the test where it fails.</summary>
    public static string Run(string script, params string[] arguments)
    {
        using Process process = Start(script, arguments);
        return Finish(process);
    }

    public static Process Start(string script, params string[] arguments)
    {
        var start = new ProcessStartInfo(Program)
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

    private static string? Probe()
    {
        if (!File.Exists(Program))
            return $"{Program} is missing: install python3, python3-msgpack and python3-zmq";
        using Process process = Start("import msgpack, zmq");
        process.WaitForExit();
        return process.ExitCode == 0 ? null : "install python3-msgpack and python3-zmq: the independent peers of tests";
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
