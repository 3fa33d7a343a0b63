using Realtime.Daemon.Tests.Storage;

namespace Realtime.Daemon.Tests.Hosting.Systemd;

/// <summary>The units as systemd's own tools judge them, without a systemd that runs.</summary>
public sealed class UnitFileTests : IDisposable
{
    // What the hardening may leave open: 1.5, in tenths.
    private const string Threshold = "--threshold=15";

    private static readonly string Units = Path.Combine(Repository.Root, "systemd");

    private readonly Folder _root = new();

    public void Dispose() => _root.Dispose();

    public static TheoryData<string> DropIns =>
        [.. Directory.GetFiles(Path.Combine(Units, "drop-ins")).Select(static file => Path.GetFileName(file))];

    [ProgramTheory("systemd-analyze", "systemd")]
    [InlineData("realtimed.service", "realtimed.service")]
    [InlineData("realtimed@.service", "realtimed@two.service")]
    public void Verify_has_nothing_to_say_against_a_unit(string file, string unit)
    {
        Put(file, File.ReadAllText(Path.Combine(Units, file)));
        Assert.Equal((0, ""), Analyze("verify", "--man=no", $"--root={_root.Path}", unit));

        // And it would, were there something.
        Put(file, File.ReadAllText(Path.Combine(Units, file)).Replace("RestartSec=1", "RestartSecs=1"));
        Assert.Contains("RestartSecs", Analyze("verify", "--man=no", $"--root={_root.Path}", unit).Text);
    }

    [ProgramTheory("systemd-analyze", "systemd")]
    [InlineData("realtimed.service")]
    [InlineData("realtimed@.service")]
    public void A_unit_leaves_little_open(string file)
    {
        var (code, text) = Analyze("security", "--offline=true", Threshold, Path.Combine(Units, file));
        Assert.True(code == 0, text);
    }

    [ProgramTheory("systemd-analyze", "systemd")]
    [MemberData(nameof(DropIns))]
    public void A_drop_in_leaves_little_more_open(string file)
    {
        Put("realtimed.service", File.ReadAllText(Path.Combine(Units, "realtimed.service")));
        Put($"realtimed.service.d/{file}", File.ReadAllText(Path.Combine(Units, "drop-ins", file)));
        Assert.Equal((0, ""), Analyze("verify", "--man=no", $"--root={_root.Path}", "realtimed.service"));
        var (code, text) = Analyze(
            "security", "--offline=true", Threshold, $"--root={_root.Path}", "realtimed.service");
        Assert.True(code == 0, text);
    }

    [Fact]
    public void The_template_is_the_unit_with_names_of_its_own()
    {
        var expected = File.ReadAllText(Path.Combine(Units, "realtimed.service"))
            .Replace("streams\n", "streams (%i)\n").Replace("/etc/realtimed/realtimed.json", "/etc/realtimed/%i.json")
            .Replace("StateDirectory=realtimed", "StateDirectory=realtimed-%i")
            .Replace("RuntimeDirectory=realtimed", "RuntimeDirectory=realtimed-%i")
            .Replace("%S/realtimed", "%S/realtimed-%i").Replace("realtimed.curve", "realtimed-%i.curve");
        var template = File.ReadAllLines(Path.Combine(Units, "realtimed@.service"));
        Assert.StartsWith("# An instance NAME has /etc/realtimed/NAME.json", template[0]);
        Assert.Equal(expected.TrimEnd(), string.Join('\n', template[1..]).TrimEnd());
    }

    private void Put(string name, string text)
    {
        var file = Path.Combine(_root.Path, "etc/systemd/system", name);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
        foreach (var program in (string[])["usr/local/lib/realtimed/realtimed", "bin/kill"])
        {
            var path = Path.Combine(_root.Path, program);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, "");
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        // The targets that units refer to.
        var ours = Command.Say("systemd-path", "systemd-system-unit").Trim();
        var units = Path.Join(_root.Path, ours);
        if (!Directory.Exists(units))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(units)!);
            Command.Say("cp", "-r", ours, units);
        }
    }

    private static (int Code, string Text) Analyze(params string[] arguments)
    {
        var (code, output, errors) = Command.Run("systemd-analyze", arguments);
        return (code, output + errors);
    }
}
