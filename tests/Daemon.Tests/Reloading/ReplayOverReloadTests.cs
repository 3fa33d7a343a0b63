using Realtime.Cells;
using Realtime.Daemon.Configuration;
using Realtime.Daemon.Hosting;
using Realtime.Daemon.Recovery;
using Realtime.Daemon.Storage;
using Realtime.Daemon.Tests.Simulation;
using Realtime.Daemon.Tests.Storage;

namespace Realtime.Daemon.Tests.Reloading;

public sealed class ReplayOverReloadTests
{
    [Theory]
    [InlineData(true, 8)]
    [InlineData(true, 7)]
    [InlineData(false, 8)]
    [InlineData(false, 7)]
    public void Records_made_by_two_models_are_verified_each_with_its_own(bool hasSnapshots, int hidden)
    {
        byte[][] files = [SomeModel.File(), SomeModel.File(seed: 2, hidden: hidden)];
        var rig = new ReloadRig([("*", files[0])]);
        rig.Take("a", 1, 40);
        rig.Take("b", 1, 25);
        rig.Change(files[1]);
        rig.Take("a", 41, 60);
        if (!hasSnapshots)
            rig.TakeSnapshot();
        rig.Take("b", 26, 30);
        var stepped = rig.Daemon.Counters.Stepped;
        var state = rig.State;
        using var folder = rig.Abandon();

        using var disk = new FileDisk(state);
        if (!hasSnapshots)
            foreach (var file in StateFiles.Snapshots(disk).SkipLast(1))
                disk.Delete(file.Name);
        LoadedModel[] models = [.. files.Select(file => new LoadedModel(
            new ModelOptions { Name = "model0", File = "test", Streams = ["*"] }, Model.Read(file, "test")))];
        var report = JournalledDaemon.Replay(disk, models);
        Assert.True(report.IsVerified, string.Join("; ", report.Differences));
        Assert.Contains(report.Notices, static notice => notice.Contains("from record", StringComparison.Ordinal));
        Assert.Equal(
            !hasSnapshots, report.Notices.Any(static notice => notice.Contains("left out", StringComparison.Ordinal)));
        if (hasSnapshots)
            Assert.Equal(stepped, report.Ticks);
        else
            Assert.InRange(report.Ticks, 65 + 5, stepped - 1);
    }
}
