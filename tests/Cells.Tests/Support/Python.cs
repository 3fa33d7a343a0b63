using System.Diagnostics;

namespace Realtime.Cells.Tests.Support;

/// <summary>The system's Python, as an oracle that shares no code with the product.</summary>
internal static class Python
{
    public const string Interpreter = "/usr/bin/python3";

    public static string Run(params string[] arguments)
    {
        (int code, string output, string error) = Start(arguments);
        Assert.True(code == 0, $"python3 {string.Join(' ', arguments)} ended with {code}: {error}");
        return output;
    }

    /// <summary>Whether a module is installed; it is not loaded, which takes seconds for PyTorch.</summary>
    public static bool Has(string module) => File.Exists(Interpreter)
        && Start(["-c", $"import importlib.util as u; raise SystemExit(u.find_spec('{module}') is None)"]).Code == 0;

    private static (int Code, string Output, string Error) Start(string[] arguments)
    {
        var start = new ProcessStartInfo(Interpreter, arguments)
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}

/// <summary>A fact that needs modules of Python; skipped where one cannot be imported.</summary>
internal sealed class PythonFactAttribute : FactAttribute
{
    public PythonFactAttribute(params string[] modules)
    {
        string[] missing = [.. modules.Where(module => !Python.Has(module))];
        if (missing.Length == 0) return;
        string packages = string.Join(' ', missing.Select(module => $"python3-{module}"));
        Skip = $"SKIPPED: {Python.Interpreter} cannot import {string.Join(", ", missing)} (Debian: {packages})";
    }
}
