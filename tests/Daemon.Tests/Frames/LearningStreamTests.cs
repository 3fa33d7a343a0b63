using System.Runtime.InteropServices;
using Realtime.Cells;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Tests.Simulation;
using Realtime.Protocol;

namespace Realtime.Daemon.Tests.Frames;

/// <summary>Streams of a model with an adaptive head, intervals and a score, horizons 1, 2 and 4.</summary>
public sealed class LearningStreamTests
{
    private const int Horizons = 3;

    private static readonly int[] OneByOne = [1];

    [Fact]
    public void No_prediction_knows_what_comes_later_though_it_is_in_the_same_frame()
    {
        const int Known = 200, All = 260;
        var one = Predictions(Enumerable.Range(1, All).Select(static i => Wave(i)), [All]);
        var other = Predictions(
            Enumerable.Range(1, All).Select(static i => i <= Known ? Wave(i) : 1e3 * Wave(i * i)), [All]);
        var alone = Predictions(Enumerable.Range(1, Known).Select(static i => Wave(i)), OneByOne);
        Assert.Equal(alone, one[..Known]);
        Assert.Equal(alone, other[..Known]);
        Assert.NotEqual(one[Known], other[Known]);
    }

    [Fact]
    public void Each_horizon_learns_from_the_tick_it_was_made_for_and_no_other()
    {
        using var daemon = Learned(100);
        var before = Weights(daemon);
        // Three are passed over: the forecasts for 101 to 103 are dropped, that of tick 100 for 104 is settled.
        daemon.Take(Pack.Tick("s", Wave(104), 104));
        Assert.Equal([false, false, true], Changed(before, Weights(daemon)));
        before = Weights(daemon);
        daemon.Take(Pack.Tick("s", Wave(105), 105));
        Assert.Equal([true, false, false], Changed(before, Weights(daemon)));
        before = Weights(daemon);
        daemon.Take(Pack.Tick("s", Wave(106), 106));
        Assert.Equal([true, true, false], Changed(before, Weights(daemon)));
    }

    [Fact]
    public void Imputed_steps_settle_nothing_and_forecast_nothing_that_is_learnt_from()
    {
        using var daemon = Learned(100, SimulatedDaemon.Options(onGap: GapPolicy.Impute));
        var before = Weights(daemon);
        daemon.Take(Pack.Tick("s", Wave(104), 104));
        Assert.Equal(3, daemon.Counters.Imputed);
        Assert.Equal([false, false, true], Changed(before, Weights(daemon)));
        before = Weights(daemon);
        daemon.Take(Pack.Tick("s", Wave(105), 105));
        Assert.Equal([true, false, false], Changed(before, Weights(daemon)));
    }

    [Fact]
    public void A_missing_value_settles_nothing()
    {
        using var daemon = Learned(100);
        var before = Weights(daemon);
        daemon.Take(Pack.Tick("s", null, 101));
        Assert.Equal([false, false, false], Changed(before, Weights(daemon)));
        daemon.Take(Pack.Tick("s", Wave(102), 102));
        // That of tick 100 for 102, and none of tick 101.
        Assert.Equal([false, true, true], Changed(before, Weights(daemon)));
    }

    [Fact]
    public void A_greater_run_keeps_what_was_learnt_and_drops_what_was_waiting()
    {
        using var daemon = Learned(100, run: 1);
        var before = Weights(daemon);
        daemon.Take(Pack.Tick("s", Wave(5), 101, run: 2));
        Assert.Equal([false, false, false], Changed(before, Weights(daemon)));
        Assert.Contains(before, static weight => weight != 0);
        daemon.Take(Pack.Tick("s", Wave(6), 102, run: 2));
        Assert.Equal([true, false, false], Changed(before, Weights(daemon)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_reset_forgets_what_was_learnt(bool byGap)
    {
        using var daemon = Learned(100, SimulatedDaemon.Options(onGap: GapPolicy.Reset));
        if (byGap)
            daemon.Take(Pack.Tick("s", Wave(104), 104));
        else
            daemon.Ask(Pack.Op("reset", ("stream", "s")));
        Assert.All(Weights(daemon), static weight => Assert.Equal(0, weight));
    }

    [Fact]
    public void Intervals_are_published_as_quantiles_and_flags_say_which_head_it_was()
    {
        using var daemon = Learned(400);
        var first = Prediction.From(daemon.Sink.Predictions.First().Value)!;
        var last = Prediction.From(daemon.Sink.Predictions.Last().Value)!;
        Assert.True(first.Flags.HasFlag(PredictionFlags.Fallback), $"{first.Flags}");
        Assert.False(last.Flags.HasFlag(PredictionFlags.Fallback), $"{last.Flags}");
        Assert.Equal([0.025, 0.1, 0.9, 0.975], last.Quantiles.Keys.Order());
        for (var h = 0; h < Horizons; h++)
        {
            var (mean, low, high) = (last.Mean[h][0], last.Quantiles[0.1][h][0], last.Quantiles[0.9][h][0]);
            Assert.InRange(mean, low, high);
            Assert.InRange(low, last.Quantiles[0.025][h][0], high);
        }

        Assert.InRange(last.Score!.Value, 0, 1);
        var stream = daemon.Ask(Pack.Op("streams"))["streams"].Items.Single();
        Assert.InRange(stream["coverage"]["0.8"].AsDouble()!.Value, 0.6, 1);
        Assert.Equal(last.Score, stream["score"].AsDouble());
        Assert.InRange(stream["errors"]["mase"].AsDouble()!.Value, 0, 1);
    }

    [Fact]
    public void A_duplicate_of_the_last_tick_gets_its_score_again()
    {
        using var daemon = Learned(100);
        var tick = Pack.Tick("s", 3.5, 101, reply: true);
        var first = Prediction.From(daemon.Ask(tick)["predictions"].Items[0])!;
        var again = Prediction.From(daemon.Ask(tick)["predictions"].Items[0])!;
        var last = Prediction.From(daemon.Ask(Pack.Op("last", ("stream", "s")))["predictions"].Items[0])!;
        Assert.NotNull(first.Score);
        Assert.Equal(first.Score, again.Score);
        Assert.Equal(first.Score, last.Score);
        Assert.Equal(first.Quantiles[0.9][0][0], again.Quantiles[0.9][0][0]);
    }

    [Fact]
    public void The_hour_of_a_tick_that_brought_its_time_is_seen_and_the_clock_is_not()
    {
        using var timed = new SimulatedDaemon(models: [("*", SmallModels.Learner())]);
        using var plain = new SimulatedDaemon(models: [("*", SmallModels.Learner())]);
        using var later = new SimulatedDaemon(models: [("*", SmallModels.Learner())]);
        later.Clock.UtcNanoseconds += 5 * 3600 * SimulatedClock.Second;
        for (var i = 1; i <= 150; i++)
        {
            timed.Take(Pack.Tick("s", Wave(i), (ulong)i, time: 1_800_000_000 + 900 * i));
            plain.Take(Pack.Tick("s", Wave(i), (ulong)i));
            later.Take(Pack.Tick("s", Wave(i), (ulong)i));
        }

        Assert.Equal(Weights(plain), Weights(later));
        Assert.NotEqual(Weights(plain), Weights(timed));
    }

    [Fact]
    public void Bytes_of_what_is_learnt_count_against_the_limit_of_memory()
    {
        using var plain = new SimulatedDaemon();
        using var daemon = Learned(1);
        var host = daemon.World.Models[0];
        Assert.True(host.StreamBytes > plain.World.Models[0].StreamBytes + host.LearntBytes - 64);
        var before = daemon.World.Bytes;
        daemon.Take(Pack.Batch(Enumerable.Range(0, 4096).Select(static i => Pack.Tick(i, 1.0))));
        var added = daemon.World.Bytes - before;
        Assert.InRange(added, 3500L * host.LearntBytes, 4500L * (host.LearntBytes + 1024));
        using var limited = new SimulatedDaemon(
            SimulatedDaemon.Options(memory: before + added / 2), [("*", SmallModels.Learner())]);
        limited.Take(Pack.Batch(Enumerable.Range(0, 4096).Select(static i => Pack.Tick(i, 1.0))));
        Assert.InRange(limited.Counters.Refused, 1000, 3500);
        Assert.True(limited.World.Bytes <= before + added / 2);
    }

    internal static double Wave(int i) => 5 + Math.Sin(0.3 * i) + 0.01 * (i * 7919 % 13);

    private static SimulatedDaemon Learned(int ticks, LoopOptions? options = null, ulong? run = null)
    {
        var daemon = new SimulatedDaemon(options, [("*", SmallModels.Learner())]);
        for (var i = 1; i <= ticks; i++)
            daemon.Take(Pack.Tick("s", Wave(i), (ulong)i, run));
        return daemon;
    }

    // The payloads of all predictions, as ticks come in frames of so many, the last size again and again.
    private static byte[][] Predictions(IEnumerable<double> values, int[] sizes)
    {
        using var daemon = new SimulatedDaemon(models: [("*", SmallModels.Learner())]);
        var ticks = values.Select(static (value, i) => Pack.Tick("s", value, (ulong)i + 1)).ToArray();
        for (int at = 0, frame = 0; at < ticks.Length; frame++)
        {
            var size = sizes[Math.Min(frame, sizes.Length - 1)];
            daemon.Take(Pack.Batch(ticks.Skip(at).Take(size)));
            at += size;
        }

        return [.. daemon.Sink.Predictions.Select(static one => TimeLess(one.Payload))];
    }

    // Without the time, which is the clock's.
    private static byte[] TimeLess(byte[] payload)
    {
        var prediction = Prediction.From(Read.Value(payload))!;
        double[] numbers =
        [
            prediction.Seq, .. prediction.Mean.SelectMany(static row => row),
            .. prediction.Quantiles.OrderBy(static level => level.Key).SelectMany(static level => level.Value)
                .SelectMany(static row => row),
            prediction.Score ?? -1, (double)prediction.Flags,
        ];
        return MemoryMarshal.AsBytes<double>(numbers).ToArray();
    }

    private static float[] Weights(SimulatedDaemon daemon) => MemoryMarshal.Cast<byte, float>(
        Read.Value(daemon.State("s")!)["learnt"]["weights"].AsBinary()!).ToArray();

    // Which horizons' weights are others.
    private static bool[] Changed(float[] before, float[] after)
    {
        var each = before.Length / Horizons;
        return [.. Enumerable.Range(0, Horizons).Select(h =>
            !before.AsSpan(h * each, each).SequenceEqual(after.AsSpan(h * each, each)))];
    }
}
