using Realtime.Daemon.Configuration;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Tests.Simulation;
using Realtime.Protocol;

namespace Realtime.Daemon.Tests.Frames;

public sealed class GapPolicyTests
{
    [Fact]
    public void Step_goes_on_as_if_nothing_was_missing()
    {
        using var gap = Daemon(GapPolicy.Step);
        using var whole = Daemon(GapPolicy.Step);
        gap.Take(Pack.Tick("s", 5, 1), Pack.Tick("s", 6, 4), Pack.Tick("s", 7, 5));
        whole.Take(Pack.Tick("s", 5, 1), Pack.Tick("s", 6, 2), Pack.Tick("s", 7, 3));
        AssertSameNetwork(whole, gap);
    }

    [Fact]
    public void Impute_steps_over_each_missing_tick_as_if_it_came_without_values()
    {
        using var gap = Daemon(GapPolicy.Impute);
        using var whole = Daemon(GapPolicy.Impute);
        gap.Take(Pack.Tick("s", 5, 1), Pack.Tick("s", 6, 4), Pack.Tick("s", 7, 5));
        whole.Take(
            Pack.Tick("s", 5, 1), Pack.Tick("s", null, 2), Pack.Tick("s", double.NaN, 3), Pack.Tick("s", 6, 4),
            Pack.Tick("s", 7, 5));
        AssertSameNetwork(whole, gap);
        Assert.Equal((2, 3, 3), (gap.Counters.Imputed, gap.Counters.Stepped, gap.Sink.Predictions.Count()));
        Assert.Equal(PredictionFlags.None, Prediction.From(gap.Sink.Predictions.Last().Value)!.Flags);
        Assert.Equal(2, Read.Value(gap.State("s")!)["counts"]["imputed"].AsInt64());
        gap.AssertBalanced();
    }

    [Fact]
    public void Impute_stops_after_a_bound()
    {
        using var daemon = new SimulatedDaemon(
            SimulatedDaemon.Options(maxTicks: 16, onGap: GapPolicy.Impute), [("*", SmallModels.Gru())]);
        daemon.Take(Pack.Tick("s", 5, 1), Pack.Tick("s", 6, 1_000_000_000_000), Pack.Tick("s", 6, ulong.MaxValue));
        Assert.Equal(2 * Decoder.ImputedMax, daemon.Counters.Imputed);
        Assert.Equal(3, daemon.Counters.Stepped);
    }

    [Fact]
    public void Reset_starts_anew_with_the_tick_behind_the_gap()
    {
        using var gap = Daemon(GapPolicy.Reset);
        using var whole = Daemon(GapPolicy.Reset);
        gap.Take(Pack.Tick("s", 5, 1), Pack.Tick("s", 6, 4), Pack.Tick("s", 7, 5));
        whole.Take(Pack.Tick("s", 6, 4), Pack.Tick("s", 7, 5));
        AssertSameNetwork(whole, gap);
        Assert.Equal(
            [
                new StreamEvent("gap", "s", 4, "2…3", null), new StreamEvent("reset", "s", 4, "gap", null),
                new StreamEvent("warmed", "s", 5, null, null),
            ],
            gap.Sink.Events);
    }

    [Theory]
    [InlineData(GapPolicy.Impute)]
    [InlineData(GapPolicy.Reset)]
    public void A_greater_run_is_no_gap_to_fill(GapPolicy onGap)
    {
        using var daemon = Daemon(onGap);
        daemon.Take(Pack.Tick("s", 5, 1, run: 1), Pack.Tick("s", 6, 40, run: 2));
        Assert.Equal(0, daemon.Counters.Imputed);
        Assert.DoesNotContain(daemon.Sink.Events, static one => one.Event == "reset");
    }

    [Fact]
    public void Tokens_are_never_imputed()
    {
        using var daemon = new SimulatedDaemon(
            SimulatedDaemon.Options(onGap: GapPolicy.Impute), [("*", SmallModels.Tokens())]);
        daemon.Take(Pack.Tick("s", 5, 1), Pack.Tick("s", 6, 40), Pack.Tick("s", null, 41), Pack.Tick("s", 7, 41));
        Assert.Equal((0, 2, 2), (daemon.Counters.Imputed, daemon.Counters.Stepped, daemon.Counters.Rejected));
    }

    private static SimulatedDaemon Daemon(GapPolicy onGap) => new(SimulatedDaemon.Options(onGap: onGap));

    private static void AssertSameNetwork(SimulatedDaemon expected, SimulatedDaemon actual)
    {
        foreach (var key in new[] { "layers", "memory" })
            Assert.Equal(Read.Entry(expected.State("s")!, key), Read.Entry(actual.State("s")!, key));
        Assert.Equal(
            expected.Sink.Predictions.Last().Value["mean"].ToString(),
            actual.Sink.Predictions.Last().Value["mean"].ToString());
    }
}
