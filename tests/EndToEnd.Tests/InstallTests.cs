using Realtime.EndToEnd.Tests.Harness;

namespace Realtime.EndToEnd.Tests;

/// <summary><c>script/install</c> into another file system, where nothing is started.</summary>
public sealed class InstallTests : IDisposable
{
    private readonly string _root = DaemonProcess.TemporaryFolder();

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Install_puts_everything_in_place_and_again_keeps_the_configuration()
    {
        var (code, text) = Install("--root", _root, "--program", Programs.Built);
        Assert.True(code == 0, text);
        string[] files =
        [
            "usr/local/lib/realtimed/realtimed", "usr/local/lib/systemd/system/realtimed.service",
            "usr/local/lib/systemd/system/realtimed@.service", "usr/local/share/man/man1/realtimed.1",
            "usr/local/share/man/man5/realtimed.json.5", "usr/local/share/man/man7/realtimed-protocol.7",
            "usr/local/share/bash-completion/completions/realtimed", "usr/local/share/zsh/site-functions/_realtimed",
            "usr/local/share/fish/vendor_completions.d/realtimed.fish", "etc/realtimed/realtimed.json",
            "usr/local/share/realtimed/drop-ins/gpu.conf",
        ];
        foreach (var file in files)
            Assert.True(new FileInfo(Path.Combine(_root, file)).Length > 0, file);
        Assert.Equal(
            "/usr/local/lib/realtimed/realtimed",
            new FileInfo(Path.Combine(_root, "usr/local/bin/realtimed")).LinkTarget);
        Assert.Contains($"installed {_root}/usr/local/lib/systemd/system/realtimed.service\n", text);

        var configuration = Path.Combine(_root, "etc/realtimed/realtimed.json");
        Assert.Contains("\n    \"directory\": \"/var/lib/realtimed\",", File.ReadAllText(configuration));
        File.WriteAllText(configuration, "{}");
        (code, text) = Install("--root", _root, "--program", Programs.Built);
        Assert.True(code == 0, text);
        Assert.Contains($"kept {configuration}", text);
        Assert.Equal("{}", File.ReadAllText(configuration));
    }

    [Fact]
    public void Remove_keeps_the_configuration_and_purge_nothing()
    {
        Install("--root", _root, "--program", Programs.Built);
        var (code, text) = Install("--remove", "--root", _root);
        Assert.True(code == 0, text);
        Assert.Equal([Path.Combine(_root, "etc/realtimed/realtimed.json")], Files());
        (code, text) = Install("--remove", "--purge", "--root", _root);
        Assert.True(code == 0, text);
        Assert.Empty(Files());
        Assert.Equal(0, Install("--remove", "--purge", "--root", _root).Code);
    }

    [Theory]
    [InlineData("install: found --rot, expected --root DIR, --no-start, --program DIR, --remove or --purge\n", "--rot")]
    [InlineData("install: --purge goes with --remove\n", "--purge")]
    public void What_is_wrong_is_one_line(string line, params string[] arguments) =>
        Assert.Equal((1, line), Install(arguments));

    [Fact]
    public void Without_a_program_nothing_is_installed()
    {
        var nowhere = Path.Combine(_root, "nowhere");
        Assert.Equal(
            (1, $"install: found no program {nowhere}/realtimed, expected what script/build makes\n"),
            Install("--root", _root, "--program", nowhere));
        Assert.Empty(Files());
    }

    private string[] Files() => [.. Directory.GetFiles(_root, "*", SearchOption.AllDirectories)];

    private static (int Code, string Text) Install(params string[] arguments)
    {
        var (code, output, errors) = Command.Run(Path.Combine(Repository.Root, "script", "install"), arguments);
        return (code, output + errors);
    }
}
