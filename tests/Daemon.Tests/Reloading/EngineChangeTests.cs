using Realtime.Cells;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Snapshots;
using Realtime.Daemon.Storage;
using Realtime.Daemon.Tests.Simulation;

namespace Realtime.Daemon.Tests.Reloading;

/// <summary>A model that goes over to another engine, by a reload or a start.</summary>
public sealed class EngineChangeTests
{
    private const int Second = 1_000_000_000;

    private static readonly byte[] First = SomeModel.File();
    private static readonly byte[] Other = SomeModel.File(seed: 2);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_reload_takes_the_states_along_records_it_and_tells_of_it(bool isToDevice)
    {
        using var rig = new ReloadRig(
            [("*", First)], engine: isToDevice ? null : Device, later: isToDevice ? Device : null);
        using var same = new ReloadRig([("*", First)]);
        foreach (var one in new[] { rig, same })
        {
            one.Take("a", 1, 20);
            one.Take("b", 1, 3);
            Assert.Equal("carried", one.Change(Other)["models"].Items[0]["fate"].AsString());
            one.Take("a", 21, 40);
            one.Take("c", 1, 2);
        }

        Assert.Equal(same.Daemon.StatesDigest(), rig.Daemon.StatesDigest());
        Assert.Empty(same.World.EngineChanges.Last);
        var (was, isNow) = isToDevice ? ("cpu/", "device/") : ("device/", "cpu/");
        AssertTold(rig, was, isNow, "the model was read again");
        using var disk = new FileDisk(rig.State);
        var setups = SetupsOf(disk).ToArray();
        Assert.StartsWith(isNow, $"{Assert.Single(setups).Models[0].Engine}/");
    }

    [Fact]
    public void A_start_tells_what_it_found_when_subscribers_are_back()
    {
        var rig = new ReloadRig([("*", First)]);
        rig.Take("a", 1, 20);
        using var later = new ReloadRig([("*", First)], folder: rig.Abandon(), engine: Device);
        later.Take("a", 21, 22);
        Assert.DoesNotContain(later.Daemon.Sink.Everything, static one => one.Topic == "e/");
        Assert.Contains(later.Recovery.Notices, static notice => notice.StartsWith("engine cpu/"));
        for (var i = 0; i < 3; i++)
        {
            later.Daemon.Clock.UtcNanoseconds += Second;
            later.Daemon.Run();
        }

        AssertTold(later, "cpu/", "device/", null);
    }

    [Fact]
    public void What_earlier_versions_recorded_has_one_engine_for_all_models()
    {
        using var rig = new ReloadRig([("*", First)], durable: false);
        var now = Setup.Of(rig.World.Models, "1");
        var text = System.Text.Encoding.UTF8.GetString(now.ToBytes());
        var old = now with { Models = [now.Models[0] with { Engine = null, Kernel = null }] };
        Assert.DoesNotContain(
            "\"engine\"", System.Text.Encoding.UTF8.GetString(old.ToBytes())[text.IndexOf("models")..]);
        Assert.Equal(text, System.Text.Encoding.UTF8.GetString(Setup.Read(old.ToBytes()).ToBytes()));
        Assert.Empty(Setup.Read(old.ToBytes()).Differences(now));
    }

    private static AsynchronousEngine Device(Model model) => new(model) { Name = "device" };

    private static void AssertTold(ReloadRig rig, string was, string isNow, string? reason)
    {
        var change = Assert.Single(rig.World.EngineChanges.Last);
        Assert.Equal(("model0", reason), (change.Model, change.Reason));
        Assert.StartsWith(was, change.From);
        Assert.StartsWith(isNow, change.To);
        var told = Assert.Single(rig.Daemon.Sink.Everything, static one => one.Topic == "e/").Value;
        Assert.Equal("engine", told["event"].AsString());
        Assert.Equal("model0", told["model"].AsString());
        Assert.Equal(change.ToString(), told["detail"].AsString());
        var stats = rig.Daemon.Ask(Pack.Op("stats"));
        Assert.Equal(change.To, Assert.Single(stats["engineChanges"].Items)["to"].AsString());
        Assert.Equal(1, stats["events"]["engine"].AsInt64());
        Assert.StartsWith(isNow, $"{stats["models"].Items[0]["engine"].AsString()}/");
    }

    // Those that records name.
    private static IEnumerable<Setup> SetupsOf(FileDisk disk)
    {
        using var reader = new JournalReader(disk);
        while (reader.Read())
        {
            foreach (var change in reader.Record.Changes.ToArray())
                if (change.Kind == ChangeKind.Setup)
                    yield return Setup.Read(change.Data.Of(reader.Record.Bytes));
        }
    }
}
