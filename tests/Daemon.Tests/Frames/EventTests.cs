using Realtime.Daemon.Configuration;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Tests.Simulation;
using Realtime.Protocol;

namespace Realtime.Daemon.Tests.Frames;

public sealed class EventTests
{
    [Fact]
    public void A_gap_is_told_with_what_was_passed_over()
    {
        using var daemon = new SimulatedDaemon(models: [("*", SmallModels.Lstm())]);
        daemon.Take(Pack.Tick("s", Two, 5), Pack.Tick("s", Two, 9), Pack.Tick("s", Two, 10));
        Assert.Equal([new StreamEvent("gap", "s", 9, "6…8", null)], daemon.Sink.Events);
        Assert.Equal(1, daemon.Counters.Gaps);
        Assert.Equal(3, daemon.Counters.Stepped);
    }

    [Fact]
    public void A_greater_run_is_told_as_a_gap_and_keeps_the_state()
    {
        using var daemon = new SimulatedDaemon(models: [("*", SmallModels.Lstm())]);
        using var other = new SimulatedDaemon(models: [("*", SmallModels.Lstm())]);
        daemon.Take(Pack.Tick("s", Two, 5, run: 1), Pack.Tick("s", Two, 1, run: 2));
        other.Take(Pack.Tick("s", Two, 5), Pack.Tick("s", Two, 6));
        Assert.Equal([new StreamEvent("gap", "s", 1, "restart", null)], daemon.Sink.Events);
        Assert.Equal(0, daemon.Counters.Gaps);
        Assert.Equal(Read.Entry(other.State("s")!, "layers"), Read.Entry(daemon.State("s")!, "layers"));
    }

    [Fact]
    public void A_reset_is_told_and_takes_the_state_back_but_not_the_count()
    {
        using var daemon = new SimulatedDaemon();
        daemon.Take(Pack.Tick("s", 5, 1), Pack.Tick("s", 7, 2));
        var reply = daemon.Ask(Pack.Op("reset", ("stream", "s"), ("rid", "r")));
        Assert.Equal((1L, "r"), (reply["count"].AsInt64(), reply["rid"].AsString()));
        Assert.Equal(new StreamEvent("reset", "s", 2, "request", null), daemon.Sink.Events.Last());
        var state = Read.Value(daemon.State("s")!);
        Assert.All(state["layers"]["gru"]["h"].AsBinary()!, static one => Assert.Equal(0, one));
        Assert.Equal(0, state["memory"]["n"].Items[0].AsDouble());
        Assert.Equal(2UL, state["seq"].AsUInt64());
        Assert.False(state["prediction"].IsNil);
    }

    [Fact]
    public void An_eviction_is_told_with_the_count_and_drops_it()
    {
        using var daemon = new SimulatedDaemon(SimulatedDaemon.Options(idleAfter: TimeSpan.FromSeconds(10)));
        daemon.Take(Pack.Tick("s", 5, 41), Pack.Tick("kept", 5, 1));
        daemon.Clock.UtcNanoseconds += 9 * SimulatedClock.Second;
        daemon.Take(Pack.Tick("kept", 5, 2));
        Assert.Equal(2, daemon.World.Streams.Count);
        daemon.Clock.UtcNanoseconds += 3 * SimulatedClock.Second;
        daemon.Run();
        Assert.Equal(
            [new StreamEvent("evicted", "s", 41, "idle for 12000 ms, the count stood at 41", null)],
            daemon.Sink.Events.Where(static one => one.Event != "warmed"));
        Assert.Equal(1, daemon.Counters.Evicted);
        Assert.Equal(1, daemon.World.Streams.Count);
        daemon.Take(Pack.Tick("s", 5, 3));
        Assert.Equal(3UL, Read.Value(daemon.State("s")!)["first"].AsUInt64());
    }

    [Fact]
    public void A_stream_is_evicted_from_a_large_table_too()
    {
        using var daemon = new SimulatedDaemon(SimulatedDaemon.Options(idleAfter: TimeSpan.FromSeconds(10)));
        daemon.Take(Pack.Batch(Enumerable.Range(0, 40_000).Select(static i => Pack.Array(1, i, 1, null, 1))));
        daemon.Clock.UtcNanoseconds += 60 * SimulatedClock.Second;
        for (var frame = 0; frame < 3; frame++)
            daemon.Loop.RunFrame();
        Assert.Equal(0, daemon.World.Streams.Count);
        Assert.Equal(40_000, daemon.Sink.Events.Count());
        // The rows are used again.
        daemon.Take(Pack.Tick("s", 5, 3));
        Assert.Equal(40_000, daemon.World.Streams.End);
    }

    [Fact]
    public void A_clock_that_is_set_back_does_not_keep_idle_streams()
    {
        using var daemon = new SimulatedDaemon(SimulatedDaemon.Options(idleAfter: TimeSpan.FromSeconds(10)));
        daemon.Run();
        daemon.Clock.UtcNanoseconds -= 3600 * SimulatedClock.Second;
        daemon.Take(Pack.Tick("s", 5));
        daemon.Clock.UtcNanoseconds += 11 * SimulatedClock.Second;
        daemon.Run();
        Assert.Equal(0, daemon.World.Streams.Count);
    }

    [Fact]
    public void A_stream_that_is_forgotten_is_told_with_the_count()
    {
        using var daemon = new SimulatedDaemon();
        daemon.Take(Pack.Tick(17, 5, 3), Pack.Tick("s", 5, 3));
        Assert.Equal(1, daemon.Ask(Pack.Op("forget", ("stream", 17)))["count"].AsInt64());
        Assert.Equal(
            [new StreamEvent("forgotten", "17", 3, "request, the count stood at 3", null)], daemon.Sink.Events);
        Assert.Equal(17L, daemon.Sink.Everything.Single(static one => one.Topic == "e/17").Value["stream"].AsInt64());
        Assert.Equal(0, daemon.Ask(Pack.Op("forget", ("stream", 17)))["count"].AsInt64());
        Assert.Equal(1, daemon.Ask(Pack.Op("forget", ("prefix", "s")))["count"].AsInt64());
        Assert.Equal(0, daemon.World.Streams.Count);
    }

    [Fact]
    public void A_state_that_is_put_is_told_as_restored()
    {
        using var daemon = new SimulatedDaemon();
        daemon.Take(Pack.Tick("s", 5, 3));
        var state = new Raw(daemon.State("s")!);
        daemon.Ask(Pack.Op("state.put", ("stream", "t"), ("state", state)));
        Assert.Equal([new StreamEvent("restored", "t", 3, "state.put", null)], daemon.Sink.Events);
    }

    [Fact]
    public void The_end_of_warming_up_is_told_at_its_tick_and_again_after_a_reset()
    {
        using var daemon = new SimulatedDaemon();
        daemon.Take(Pack.Tick("s", 5, 1), Pack.Tick("s", 6, 2), Pack.Tick("s", 7, 3));
        Assert.Equal([new StreamEvent("warmed", "s", 2, null, null)], daemon.Sink.Events);
        Assert.Equal(
            [PredictionFlags.Warming, PredictionFlags.None, PredictionFlags.None],
            daemon.Sink.Predictions.Select(static one => Prediction.From(one.Value)!.Flags));
        daemon.Ask(Pack.Op("reset", ("prefix", "")));
        daemon.Take(Pack.Tick("s", 5, 4), Pack.Tick("s", 6, 5));
        Assert.Equal(new StreamEvent("warmed", "s", 5, null, null), daemon.Sink.Events.Last());
    }

    [Fact]
    public void A_hundred_duplicates_in_a_row_without_run_are_told_once_as_stalled()
    {
        using var daemon = new SimulatedDaemon();
        daemon.Take(Pack.Tick("s", 5, 9), Pack.Tick("r", 5, 9, run: 1));
        for (var i = 0; i < 99; i++)
            daemon.Take(Pack.Tick("s", 5, 9), Pack.Tick("r", 5, 9, run: 1));
        Assert.Empty(daemon.Sink.Events);
        daemon.Take(Pack.Tick("s", 5, 9), Pack.Tick("r", 5, 9, run: 1), Pack.Tick("s", 5, 9));
        Assert.Equal([new StreamEvent("stalled", "s", 9, "100 duplicates in a row", null)], daemon.Sink.Events);
        Assert.Equal(201, daemon.Counters.Duplicate);
        daemon.Take(Pack.Tick("s", 5, 10), Pack.Tick("s", 5, 9));
        Assert.DoesNotContain(daemon.Sink.Events.Skip(1), static one => one.Event == "stalled");
    }

    [Fact]
    public void Rejected_ticks_are_told_at_most_ten_times_a_second_for_each_stream()
    {
        using var daemon = new SimulatedDaemon();
        daemon.Take(Pack.Tick("s", 5, 9), Pack.Tick("t", 5, 9));
        for (var i = 0; i < 15; i++)
            daemon.Take(Pack.Tick("s", 5, 8));
        daemon.Take(Pack.Tick("t", "five", 10));
        Assert.Equal(10, daemon.Sink.Events.Count(static one => one.Stream == "s"));
        Assert.Equal(
            new StreamEvent("rejected", "s", 9, "too late: seq 8 lies before the stream's first, 9", null),
            daemon.Sink.Events.First());
        Assert.StartsWith("shape: values: found", daemon.Sink.Events.Single(static one => one.Stream == "t").Detail);
        daemon.Clock.UtcNanoseconds += SimulatedClock.Second;
        for (var i = 0; i < 15; i++)
            daemon.Take(Pack.Tick("s", 5, 8));
        Assert.Equal(20, daemon.Sink.Events.Count(static one => one.Stream == "s"));
        Assert.Equal(31, daemon.Counters.Rejected);
    }

    [Fact]
    public void A_tick_whose_time_goes_back_is_stepped_counted_and_flagged()
    {
        using var daemon = new SimulatedDaemon(models: [("*", SmallModels.Lstm())]);
        daemon.Take(
            Pack.Tick("s", Two, 1, time: 1_800_000_005), Pack.Tick("s", Two, 2, time: 1_800_000_004),
            Pack.Tick("s", Two, 3, time: 1_800_000_004));
        Assert.Equal(
            [PredictionFlags.None, PredictionFlags.Late, PredictionFlags.None],
            daemon.Sink.Predictions.Select(static one => Prediction.From(one.Value)!.Flags));
        Assert.Equal((1, 3), (daemon.Counters.Late, daemon.Counters.Stepped));
    }

    [Fact]
    public void The_heartbeat_comes_once_a_second_with_the_counters()
    {
        using var daemon = new SimulatedDaemon();
        daemon.Take(Pack.Tick("s", 5), Pack.Tick("s", 5), Pack.Tick("s", "x"));
        for (var tenth = 0; tenth < 30; tenth++)
        {
            daemon.Clock.UtcNanoseconds += SimulatedClock.Second / 10;
            daemon.Run();
        }

        Assert.Equal([1.0, 2.0, 3.0], daemon.Sink.Heartbeats.Select(static one => one["uptime"].AsDouble()!.Value));
        var last = daemon.Sink.Heartbeats.Last();
        Assert.Equal(
            [7L, 3, 2, 2, 1],
            new[] { "epoch", "received", "stepped", "published", "streams" }.Select(key => last[key].AsInt64()!.Value));
    }

    [Theory]
    [InlineData(3600.5)]
    [InlineData(-3600.5)]
    public void A_clock_that_jumps_gives_one_heartbeat_and_they_go_on(double seconds)
    {
        using var daemon = new SimulatedDaemon();
        daemon.Clock.UtcNanoseconds += (long)(seconds * SimulatedClock.Second);
        for (var frame = 0; frame < 5; frame++)
            daemon.Run();
        Assert.Single(daemon.Sink.Heartbeats);
        daemon.Clock.UtcNanoseconds += SimulatedClock.Second;
        daemon.Run();
        Assert.Equal(2, daemon.Sink.Heartbeats.Count());
    }

    private static double[] Two => [1, 2];
}
