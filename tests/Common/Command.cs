using System.ComponentModel;
using System.Diagnostics;

namespace Realtime.Tests;

/// <summary>Programs of this machine, run to their end; they read nothing.</summary>
internal static class Command
{
    /// <summary>Debian's python3, which its packages are for, whatever else comes first in PATH.</summary>
    public const string Python = "/usr/bin/python3";

    /// <summary>Both streams are kept apart; a program that is not there is an exception.</summary>
    public static (int Code, string Output, string Errors) Run(string program, params IEnumerable<string> arguments) =>
        Run(new ProcessStartInfo(program, arguments));

    public static (int Code, string Output, string Errors) Run(ProcessStartInfo start)
    {
        (start.RedirectStandardInput, start.RedirectStandardOutput, start.RedirectStandardError) = (true, true, true);
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.Result);
    }

    /// <summary>What a program says that is expected to succeed.</summary>
    public static string Say(string program, params IEnumerable<string> arguments)
    {
        string[] all = [.. arguments];
        var (code, output, errors) = Run(program, all);
        Assert.True(code == 0, $"{program} {string.Join(' ', all)}: exit code {code}\n{output}\n{errors}");
        return output;
    }

    /// <summary>Whether a program is there and succeeds.</summary>
    public static bool Succeeds(string program, params IEnumerable<string> arguments)
    {
        try
        {
            return Run(program, arguments).Code == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    /// <summary>Whether the shell would find a program.</summary>
    public static bool Exists(string program) => Succeeds("sh", "-c", "command -v \"$1\"", "sh", program);
}
