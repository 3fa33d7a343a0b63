using System.Text;
using Realtime.Cells;
using Realtime.Daemon.Frames.Snapshots;
using Realtime.Daemon.Tests.Simulation;
using Realtime.Protocol;

namespace Realtime.Daemon.Tests.Models;

/// <summary>A model of one value that is there for several, each by itself, as the built-in one is.</summary>
public sealed class SeveralValuesTests
{
    private static readonly (string, Model)[] _models =
        [("*", SmallModels.Learner()), ("*", SmallModels.Learner().Each(2)), ("*", SmallModels.Learner().Each(3))];

    [Fact]
    public void A_stream_gets_the_model_of_as_many_values_as_its_first_tick_has()
    {
        using var daemon = new SimulatedDaemon(models: _models);
        daemon.Take(
            Pack.Tick("one", 1), Pack.Tick("one-in-an-array", new object?[] { 1 }),
            Pack.Tick("two", new object?[] { 1, null }), Pack.Tick("three", new object?[] { 1, 2, 3 }));
        string[] streams = ["one", "one-in-an-array", "two", "three"];
        Assert.Equal([0, 0, 1, 2], streams.Select(name => ModelOf(daemon, name)));

        // It stays there.
        var reply = daemon.Ask(Pack.Tick("three", new object?[] { 1, 2 }, reply: true));
        Assert.Equal(ErrorCode.Shape, Read.Errors(reply).Single().Code);
        reply = daemon.Ask(Pack.Tick("four", new object?[] { 1, 2, 3, 4 }, reply: true));
        Assert.Equal(ErrorCode.Shape, Read.Errors(reply).Single().Code);
        daemon.AssertBalanced();
    }

    [Fact]
    public void Models_that_nobody_needs_are_not_told_of()
    {
        using var daemon = new SimulatedDaemon(models: _models);
        Assert.Equal(["model0"], Names());
        daemon.Take(Pack.Tick("three", new object?[] { 1, 2, 3 }));
        Assert.Equal(["model0", "model2"], Names());
        daemon.Ask(Pack.Op("forget", ("stream", "three")));
        Assert.Equal(["model0", "model2"], Names());

        IEnumerable<string?> Names() =>
            daemon.Ask(Pack.Op("describe"))["models"].Items.Select(static model => model["name"].AsString());
    }

    [Fact]
    public void Each_value_is_forecast_as_a_stream_of_its_own()
    {
        using var daemon = new SimulatedDaemon(models: _models);
        for (ulong seq = 1; seq <= 60; seq++)
        {
            object?[] values = [Math.Sin(seq), 100 * Math.Cos(seq / 3.0), seq % 7 == 0 ? null : (double)(seq % 5)];
            daemon.Take(Pack.Tick("all", values, seq));
            for (var i = 0; i < values.Length; i++)
                daemon.Take(Pack.Tick($"value{i}", new[] { values[i] }, seq));
        }

        var all = PredictionOf(daemon, "all");
        for (var i = 0; i < 3; i++)
        {
            var one = PredictionOf(daemon, $"value{i}");
            Assert.Equal(one.Length, all.Length / 3);
            // [horizon][value][1 + quantiles], of 5 numbers.
            for (var horizon = 0; horizon < one.Length / 5; horizon++)
                Assert.Equal(one[(5 * horizon)..(5 * horizon + 5)], all[(5 * (3 * horizon + i))..][..5]);
        }
    }

    [Fact]
    public void A_journal_replays_to_the_same_bits()
    {
        var journal = new RecordingJournal();
        using var daemon = new SimulatedDaemon(models: _models, journal: journal);
        Feed(daemon, 1, 40);
        using var again = new SimulatedDaemon(models: _models);
        var replayer = new Replayer(again.World, 64);
        journal.Frames.ForEach(frame => frame.ApplyTo(replayer));
        replayer.Complete();

        Assert.Equal(daemon.StatesDigest(), again.StatesDigest());
        Assert.Equal((120, 0, 0), (replayer.Ticks, replayer.Different, replayer.Unfit));
    }

    [Fact]
    public void A_restart_brings_it_all_back_from_snapshot_and_journal()
    {
        var disk = new SimulatedDisk();
        string states;
        using (var first = new JournalledDaemon(disk, _models, snapshotEvery: TimeSpan.FromSeconds(3)))
        {
            for (ulong seq = 1; seq < 30; seq++)
            {
                first.Daemon.Clock.UtcNanoseconds += 500_000_000;
                first.Take(Pack.Tick("three", new object?[] { seq, 2 * seq, 3 }, seq));
                if (seq > 20)
                    first.Take(Pack.Tick("late", new object?[] { seq, 1 }, seq));
            }

            states = first.Daemon.StatesDigest();
        }

        using var second = new JournalledDaemon(disk, _models);
        Assert.Equal(states, second.Daemon.StatesDigest());
        Assert.Equal([2, 1], new[] { "three", "late" }.Select(name => ModelOf(second.Daemon, name)));
    }

    [Fact]
    public void A_state_put_elsewhere_goes_to_the_model_of_as_many_values()
    {
        using var daemon = new SimulatedDaemon(models: _models);
        Feed(daemon, 1, 30);
        var journal = new RecordingJournal();
        using var other = new SimulatedDaemon(models: _models, journal: journal);
        foreach (var stream in new[] { "a1", "b2", "c3" })
        {
            var state = daemon.State(stream)!;
            Assert.True(other.Ask(Pack.Op("state.put", ("state", new Raw(state))))["ok"].AsBoolean());
            Assert.Equal(state, other.State(stream));
        }

        Feed(other, 31, 40);
        using var again = new SimulatedDaemon(models: _models);
        var replayer = new Replayer(again.World, 64);
        journal.Frames.ForEach(frame => frame.ApplyTo(replayer));
        replayer.Complete();
        Assert.Equal(other.StatesDigest(), again.StatesDigest());
        Assert.Equal(0, replayer.Different);
    }

    private static void Feed(SimulatedDaemon daemon, ulong from, ulong to)
    {
        for (var seq = from; seq <= to; seq++)
        {
            daemon.Take(
                Pack.Tick("a1", Math.Sin(seq), seq), Pack.Tick("b2", new object?[] { seq, 3.5 }, seq),
                Pack.Tick("c3", new object?[] { seq % 3, null, -1.0 * seq }, seq));
        }
    }

    private static int ModelOf(SimulatedDaemon daemon, string stream) =>
        daemon.World.Streams[daemon.World.Streams.Find(Encoding.UTF8.GetBytes(stream))].Model;

    private static double[] PredictionOf(SimulatedDaemon daemon, string stream)
    {
        ref var row = ref daemon.World.Streams[daemon.World.Streams.Find(Encoding.UTF8.GetBytes(stream))];
        return daemon.World.Models[row.Model].Prediction(row.ModelRow).ToArray();
    }
}
