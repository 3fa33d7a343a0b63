using System.Diagnostics;
using System.Globalization;

namespace Realtime.EndToEnd.Tests.Harness;

/// <summary>A machine with a real systemd, booted once for all tests of a class, with the project's files in
/// /srv.</summary>
public sealed class BootedMachine : IDisposable
{
    private static readonly string Script =
        Path.Combine(Repository.Root, "tests", "EndToEnd.Tests", "systemd", "machine");
    private static readonly Lazy<string?> Reason = new(FindReason);

    private readonly string _folder = Directory.CreateTempSubdirectory("realtimed-machine-").FullName;
    private readonly Process? _boot;
    private readonly string _init = "";

    public BootedMachine()
    {
        if (Missing is not null)
            return;
        _boot = Process.Start(new ProcessStartInfo(Script, ["boot", _folder]) { RedirectStandardOutput = true })!;
        _init = _boot.StandardOutput.ReadLine() ?? "";
        Assert.True(
            int.TryParse(_init, NumberStyles.None, CultureInfo.InvariantCulture, out _),
            $"the machine does not boot: {_init}");
        Copy();
    }

    /// <summary>Why none can be booted here; null where one can.</summary>
    internal static string? Missing => Reason.Value;

    /// <summary>A path of the machine, as this one sees it.</summary>
    public string PathOf(string path) => $"/proc/{_init}/root{path}";

    /// <summary>Runs a command in the machine and returns what it says; a failure where it ends with another code than
    /// 0.
    /// </summary>
    public string Run(params string[] command)
    {
        var (code, text) = Try(command);
        Assert.True(code == 0, $"{string.Join(' ', command)}: exit code {code}\n{text}\n{Log()}");
        return text;
    }

    public (int Code, string Text) Try(params string[] command) => Start("nsenter", ["-t", _init, "-a", .. command]);

    /// <summary>The service's entries of the journal, the last ones.</summary>
    public string Log(string unit = "realtimed")
    {
        // What was told may not have been written yet, and an abort alone is dozens of lines.
        Try("journalctl", "--sync");
        return Try("journalctl", "-u", unit, "-n", "400", "-o", "short", "--no-pager").Text;
    }

    /// <summary>A property of the service.</summary>
    public string Show(string property, string unit = "realtimed") =>
        Try("systemctl", "show", "--value", "-p", property, unit).Text.Trim();

    /// <summary>Waits until something is so.</summary>
    public void Await(Func<bool> condition, string what, int seconds = 20)
    {
        var begun = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(
                Stopwatch.GetElapsedTime(begun).TotalSeconds < seconds, $"{what}: not within {seconds} s\n{Log()}");
            Thread.Sleep(50);
        }
    }

    public void Dispose()
    {
        if (_boot is not null)
        {
            Start(Script, ["end", _folder, _init]);
            if (!_boot.WaitForExit(15_000))
                _boot.Kill(entireProcessTree: true);
            _boot.Dispose();
        }

        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: false);
    }

    // The machine's /tmp is its own: what it needs of this one's files goes to /srv.
    private void Copy()
    {
        var to = PathOf("/srv/realtimed");
        Directory.CreateDirectory(Path.Combine(to, "docs"));
        foreach (var (from, name) in new[]
        {
            (Path.Combine(Repository.Root, "script"), "script"), (Path.Combine(Repository.Root, "systemd"), "systemd"),
            (Path.Combine(Repository.Root, "docs", "man"), "docs/man"), (Programs.Peers, "peers"),
            (Programs.Built, "program"), (FaultyBuild.Folder, "faults"),
        })
        {
            Command.Say("cp", "-r", from, Path.Combine(to, name));
        }
    }

    private static string? FindReason()
    {
        if (FaultyBuild.Missing is { } missing)
            return missing;
        if (Programs.Python is null)
            return "NOT TESTED: no python3 with zmq and msgpack";
        if (!File.Exists(Path.Combine(Programs.Built, "realtimed")))
            return $"NOT TESTED: no program in {Programs.Built} (script/build)";
        var (code, text) = Start(Script, ["probe"]);
        return code == 0 ? null : $"NOT TESTED: no systemd can be booted here: {text.Trim()}";
    }

    private static (int Code, string Text) Start(string program, string[] arguments)
    {
        // As it comes, both streams as one.
        var (code, output, _) = Command.Run("sh", ["-c", "exec \"$@\" 2>&1", "sh", program, .. arguments]);
        return (code, output);
    }
}

/// <summary>A fact about a real systemd; skipped, saying why, where none can be booted.</summary>
internal sealed class SystemdFactAttribute : FactAttribute
{
    public SystemdFactAttribute() => Skip = BootedMachine.Missing;
}
