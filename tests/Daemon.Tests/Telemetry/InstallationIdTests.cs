using Realtime.Daemon.Telemetry;
using Realtime.Daemon.Tests.Storage;

namespace Realtime.Daemon.Tests.Telemetry;

public sealed class InstallationIdTests
{
    [Fact]
    public void A_state_directory_keeps_its_id()
    {
        using var folder = new Folder();
        var id = InstallationId.Of(folder.Path);
        Assert.True(Guid.TryParse(id, out _));
        Assert.Equal('4', id[14]);
        Assert.Equal(id, InstallationId.Of(folder.Path));
    }

    [Fact]
    public void Without_one_each_start_has_another()
    {
        Assert.NotEqual(InstallationId.Of(null), InstallationId.Of(null));
        Assert.True(Guid.TryParse(InstallationId.Of("/nowhere/at/all"), out _));
    }

    [Fact]
    public void A_file_with_something_else_is_written_anew()
    {
        using var folder = new Folder();
        File.WriteAllText(Path.Combine(folder.Path, "instance-id"), "not a uuid");
        var id = InstallationId.Of(folder.Path);
        Assert.Equal(id, InstallationId.Of(folder.Path));
    }
}
