using Realtime.Cells;
using Realtime.Daemon.Configuration;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Snapshots;
using Realtime.Daemon.Hosting;
using Realtime.Daemon.Storage;
using Realtime.Daemon.Tests.Simulation;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Tests.Reloading;

/// <summary>What becomes of what streams have learnt when their model, or its setting, changes.</summary>
public sealed class LearningReloadTests
{
    private static readonly AdaptOptions Head = new(0.99, 1, true);

    [Fact]
    public void Other_weights_of_the_same_shape_go_on_with_what_was_learnt()
    {
        using var rig = Learned();
        var before = Learnt(rig);
        var model = Outcome(rig.Change(SmallModels.LearnerFile(seed: 9, Head)));
        Assert.Equal("carried", model["fate"].AsString());
        Assert.True(model["reason"].IsNil);
        Assert.Equal(before, Learnt(rig));
        rig.Take("a", 41, 60);
        Assert.NotEqual(before, Learnt(rig));
    }

    [Fact]
    public void Another_forgetting_in_the_configuration_is_taken_and_what_was_learnt_stays()
    {
        using var rig = Learned();
        var before = Learnt(rig);
        Adapt(rig, "{\"forgetting\": 0.95}");
        Assert.Equal("carried", Outcome(rig.Reload())["fate"].AsString());
        Assert.Equal(before, Learnt(rig));
        Assert.Equal(new AdaptOptions(0.95, 1, true), rig.World.Models[0].Model.Adapt);
        Assert.Equal("unchanged", Outcome(rig.Reload())["fate"].AsString());
    }

    [Theory]
    [InlineData("\"none\"")]
    [InlineData("{\"features\": \"hidden\"}")]
    public void A_head_of_another_shape_is_learnt_anew_and_that_is_told(string adapt)
    {
        using var rig = Learned();
        var state = ReloadRig.Numbers(rig.World, "a");
        Adapt(rig, adapt);
        var model = Outcome(rig.Reload());
        Assert.Equal("carried", model["fate"].AsString());
        Assert.StartsWith("its streams learn anew: ", model["reason"].AsString(), StringComparison.Ordinal);
        Assert.Equal(state, ReloadRig.Numbers(rig.World, "a"));
        var fresh = new byte[rig.World.Models[0].Online!.MemoryBytes];
        rig.World.Models[0].Online!.Clear(fresh);
        Assert.Equal(fresh, rig.World.Models[0].OnlineMemory(0).ToArray());
        rig.Take("a", 41, 60);
        Assert.NotEqual(fresh, rig.World.Models[0].OnlineMemory(0).ToArray());
    }

    [Fact]
    public void A_model_of_another_shape_learns_from_the_past_that_warms_it_up()
    {
        using var rig = Learned(durable: true);
        var file = SmallModels.LearnerFile(6, Head, 1, 2, 4, 8);
        var plain = SomeModel.File();
        Assert.Equal("warming", Outcome(rig.Change(plain))["fate"].AsString());
        Assert.Equal("warming", Outcome(rig.Change(file))["fate"].AsString());
        using var reference = ReloadRig.Reference(file, "a", 1, 40);
        Assert.Equal(
            reference.World.Models[0].OnlineMemory(0).ToArray(),
            rig.World.Models[0].OnlineMemory(rig.World.Streams[0].ModelRow).ToArray());
        rig.Take("a", 41, 50);
        for (var seq = 41; seq <= 50; seq++)
            reference.Take(Pack.Tick("a", ReloadRig.Value("a", seq), (ulong)seq, time: seq));
        Assert.Equal(
            reference.World.Models[0].OnlineMemory(0).ToArray(),
            rig.World.Models[0].OnlineMemory(rig.World.Streams[0].ModelRow).ToArray());
    }

    [Fact]
    public void A_killed_daemon_comes_back_with_what_was_learnt_and_a_replay_verifies_it()
    {
        var file = SmallModels.LearnerFile(6, Head);
        var rig = new ReloadRig([("*", file)]);
        rig.Take("a", 1, 60);
        rig.TakeSnapshot();
        rig.Take("a", 61, 100);
        var (learnt, numbers) = (Learnt(rig), ReloadRig.Numbers(rig.World, "a"));
        var state = rig.State;
        using var folder = rig.Abandon();
        var again = new ReloadRig([("*", file)], folder: folder);
        Assert.Equal(40, again.Recovery.Ticks);
        Assert.Equal(0, again.Recovery.Different);
        Assert.Equal(learnt, Learnt(again));
        Assert.Equal(numbers, ReloadRig.Numbers(again.World, "a"));
        again.Abandon();
        using var disk = new FileDisk(state);
        var report = JournalledDaemon.Replay(disk, [new LoadedModel(
            new ModelOptions { Name = "model0", File = "test", Streams = ["*"] }, Model.Read(file, "test"))]);
        Assert.True(report.IsVerified, string.Join("; ", report.Differences));
    }

    [Fact]
    public void A_snapshot_under_another_head_is_carried_and_learns_anew()
    {
        var rig = new ReloadRig([("*", SmallModels.LearnerFile(6, Head))]);
        rig.Take("a", 1, 60);
        rig.TakeSnapshot();
        using var folder = rig.Abandon();
        var other = SmallModels.LearnerFile(6, Head with { WithInputs = false });
        using var again = new ReloadRig([("*", other)], folder: folder);
        Assert.Equal((1, 0), (again.Recovery.Carried, again.Recovery.Cold));
        Assert.Contains(again.Recovery.Notices, static notice => notice.StartsWith(
            "streams of model model0 go on, and learn anew: ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_replay_takes_the_head_that_the_configuration_had_then()
    {
        var rig = Learned(durable: true);
        Adapt(rig, "{\"features\": \"hidden\", \"ridge\": 5}");
        rig.Reload();
        rig.Take("a", 41, 120);
        var shape = ModelShape.Of(rig.World.Models[0]);
        Assert.Equal(new AdaptOptions(0.99, 5, false), shape.Adapt);
        Assert.Equal(shape.Adapt, Setup.Read(Setup.Of(rig.World.Models, "1").ToBytes()).Models[0].Adapt);
        var state = rig.State;
        using var folder = rig.Abandon();
        using var disk = new FileDisk(state);
        var report = JournalledDaemon.Replay(disk, [new LoadedModel(
            new ModelOptions { Name = "model0", File = "test", Streams = ["*"] },
            Model.Read(SmallModels.LearnerFile(6, Head), "test"))]);
        Assert.True(report.IsVerified, string.Join("; ", report.Differences));
    }

    [Fact]
    public void A_head_for_a_model_that_can_have_none_is_a_fault_and_one_for_all_is_for_those_that_can()
    {
        using var rig = new ReloadRig([("*", ClassifierFile())], durable: false);
        rig.Set(", \"streams\": {\"adapt\": {\"ridge\": 2}}");
        Assert.True(rig.Reload()["ok"].AsBoolean());
        Adapt(rig, "{\"ridge\": 2}");
        var faults = rig.Reload()["faults"].Items;
        Assert.EndsWith(
            "model model0: adapt: expected a model that forecasts, found a classifier",
            Assert.Single(faults).AsString(), StringComparison.Ordinal);
    }

    private static byte[] ClassifierFile() => ModelWriter.Write(SmallModels.Classifier());

    private static ReloadRig Learned(bool durable = false)
    {
        var rig = new ReloadRig([("*", SmallModels.LearnerFile(6, Head))], durable);
        rig.Take("a", 1, 40);
        return rig;
    }

    private static void Adapt(ReloadRig rig, string adapt) =>
        rig.Replace("\"warmTicks\":256", $"\"warmTicks\":256,\"adapt\":{adapt}");

    private static MessagePackValue Outcome(MessagePackValue reply)
    {
        Assert.True(reply["ok"].AsBoolean(), reply.ToString());
        return Assert.Single(reply["models"].Items);
    }

    private static byte[] Learnt(ReloadRig rig) =>
        rig.World.Models[0].Learnt(rig.World.Streams[rig.World.Streams.Find("a"u8)].ModelRow).ToArray();
}
