using Realtime.Daemon.Configuration;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Reloading;
using Realtime.Daemon.Tests.Simulation;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Tests.Reloading;

/// <summary>Settings that a reload puts in force, and what becomes of the world meanwhile.</summary>
public sealed class SettingsReloadTests : IDisposable
{
    private ReloadRig _rig = new([("*", SomeModel.File())]);

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Every_setting_takes_effect_or_is_told_to_wait()
    {
        string[] live =
        [
            "streams.max", "streams.idleAfter", "streams.onGap", "limits.frame", "limits.memory", "frame.maxTicks",
            "frame.idle", "state.snapshotEvery", "state.keep", "state.maxBytes", "state.recordPredictions",
            "state.restoredEvents", "stop.timeout",
        ];
        var settings = ConfigurationSchema.All.Select(static one => one.Key).ToArray();
        Assert.Empty(live.Except(settings));
        Assert.All(live, static key => Assert.True(LiveSettings.Has(key), key));
        foreach (var key in (string[])["endpoints.ingest", "http.endpoint", "engine.kernel", "state.directory",
            "state.durability"])
            Assert.False(LiveSettings.Has(key), key);
    }

    [Fact]
    public void The_maximum_of_streams_grows_and_shrinks_and_none_is_lost()
    {
        Set("\"streams\": {\"max\": 2}");
        _rig.Take("a", 1, 3);
        _rig.Take("b", 1, 3);
        Assert.Equal(5, (int)Read.Errors(Ask("c"))[0].Code);
        Set("\"streams\": {\"max\": 3}");
        _rig.Take("d", 1, 3);
        Set("\"streams\": {\"max\": 1}");
        Assert.Equal(3, _rig.World.Streams.Count);
        _rig.Take("a", 4, 4);
        Assert.Equal(4UL, _rig.World.Streams[0].Order.Last);
        Assert.Equal(5, (int)Read.Errors(Ask("e"))[0].Code);
    }

    [Fact]
    public void Idle_streams_are_given_up_from_the_reload_on()
    {
        _rig.Take("a", 1, 3);
        _rig.Daemon.Clock.UtcNanoseconds += 3600 * SimulatedClock.Second;
        _rig.Daemon.Run();
        Assert.Equal(1, _rig.World.Streams.Count);
        Set("\"streams\": {\"idleAfter\": \"00:10:00\"}");
        _rig.Daemon.Run();
        Assert.Equal(0, _rig.World.Streams.Count);
        Set("\"streams\": {\"idleAfter\": null}");
        _rig.Take("a", 1, 3);
        _rig.Daemon.Clock.UtcNanoseconds += 3600 * SimulatedClock.Second;
        _rig.Daemon.Run();
        Assert.Equal(1, _rig.World.Streams.Count);
    }

    [Fact]
    public void Gaps_are_imputed_from_the_reload_on_and_a_replay_gives_the_same_bits()
    {
        _rig.Take("a", 1, 10);
        _rig.Take("a", 13, 20);
        Assert.Equal(0, _rig.World.Counters.Imputed);
        Set("\"streams\": {\"onGap\": \"impute\"}");
        _rig.Take("a", 23, 30);
        Assert.Equal(2, _rig.World.Counters.Imputed);
        Set("\"streams\": {\"onGap\": \"reset\"}");
        _rig.Take("a", 40, 45);
        Set("");
        _rig.Take("a", 50, 60);
        Assert.Equal(2, _rig.World.Counters.Imputed);
        var numbers = ReloadRig.Numbers(_rig.World, "a");
        var folder = _rig.Abandon();
        // The start after it has other settings still; what was recorded counts.
        _rig = new ReloadRig([("*", SomeModel.File())], folder: folder);
        Assert.Equal(numbers, ReloadRig.Numbers(_rig.World, "a"));
        Assert.Equal(0, _rig.Recovery.Different);
    }

    [Fact]
    public void Frames_have_other_sizes_and_every_tick_is_accounted_for()
    {
        _rig.Take("a", 1, 3);
        var large = Pack.Tick("a", new double[100], 4);
        Set($"\"frame\": {{\"maxTicks\": 2}}, \"limits\": {{\"frame\": {large.Length - 1}}}");
        Assert.Equal(7, (int)Read.Error(_rig.Daemon.Ask(large)));
        var frames = _rig.World.Frame;
        for (var seq = 4; seq <= 10; seq++)
            _rig.Daemon.Request(Pack.Tick("a", ReloadRig.Value("a", seq), (ulong)seq, time: seq));
        _rig.Await(() => _rig.World.Streams[0].Order.Last == 10);
        Assert.True(_rig.World.Frame - frames >= 4, $"{_rig.World.Frame - frames} frames of 2 ticks for 7");
        Set("\"frame\": {\"maxTicks\": 1000}, \"limits\": {\"frame\": 100000}");
        Assert.Equal(3, (int)Read.Errors(_rig.Daemon.Ask(Pack.Tick("a", new double[100], 11)))[0].Code);
        _rig.Take("a", 11, 20);
        var counters = _rig.World.Counters;
        Assert.Equal(
            counters.Received,
            counters.Stepped + counters.Duplicate + counters.Rejected + counters.Refused);
        Assert.Equal(20UL, _rig.World.Streams[0].Order.Last);
    }

    [Fact]
    public void Snapshots_come_at_the_new_pace()
    {
        _rig.Take("a", 1, 3);
        var before = _rig.World.Snapshots!.Ended;
        _rig.Daemon.Clock.UtcNanoseconds += 10 * SimulatedClock.Second;
        _rig.Daemon.Run();
        Assert.Equal(before, _rig.World.Snapshots.Ended);
        Set("\"state\": {\"directory\": \"state\", \"snapshotEvery\": \"00:00:01\"}", replaces: "state");
        _rig.Daemon.Clock.UtcNanoseconds += 2 * SimulatedClock.Second;
        _rig.Await(() => _rig.World.Snapshots.Ended > before);
    }

    [Fact]
    public void What_was_read_is_counted_and_told()
    {
        Assert.True(Stats()["reload"].IsNil);
        _rig.Reload();
        Assert.Equal(("ok", 1L), (Stats()["reload"]["outcome"].AsString(), Stats()["reloads"]["ok"].AsInt64()));
        _rig.Set(", \"frame\": {\"maxTick\": 7}");
        _rig.Reload();
        var stats = Stats();
        Assert.Equal(("failed", 1L, 1L), (
            stats["reload"]["outcome"].AsString(), stats["reloads"]["ok"].AsInt64(),
            stats["reloads"]["failed"].AsInt64()));
        Assert.Contains("did you mean \"maxTicks\"?", Assert.Single(stats["reload"]["faults"].Items).AsString());
        Assert.Equal(_rig.World.Reloads.Last!.At, stats["reload"]["at"].AsInt64());
    }

    // Asks for the settings, and holds that all of them took effect.
    private void Set(string members, string? replaces = null)
    {
        if (replaces is null)
            _rig.Set(members.Length == 0 ? "" : ", " + members);
        else
            _rig.Replace($"\"{replaces}\":{{\"directory\":\"state\"}}", members);
        var reply = _rig.Reload();
        Assert.True(reply["ok"].AsBoolean(), reply.ToString());
        Assert.Empty(reply["nextStart"].Items);
    }

    private MessagePackValue Ask(string stream) => _rig.Daemon.Ask(Pack.Tick(stream, 1.0, 1));

    private MessagePackValue Stats() => _rig.Daemon.Ask(Pack.Op("stats"));
}
