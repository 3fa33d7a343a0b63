using System.Text;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Tracing;
using Realtime.Daemon.Tests.Simulation;

namespace Realtime.Daemon.Tests.Tracing;

public sealed class TickTracerTests
{
    private const string Sampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    private const string NotSampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

    private ulong _seq;

    [Fact]
    public void Without_sampling_every_trace_is_handed_on_as_it_came()
    {
        using var daemon = new SimulatedDaemon();
        string?[] traces = [Sampled, "mine", null];
        Assert.Equal(traces, Traces(daemon, traces).AsEnumerable());
        Assert.Null(daemon.Loop.Tracer);
    }

    [Fact]
    public void A_sampled_parent_gets_a_child_and_others_are_handed_on()
    {
        using var daemon = Tracing(0, followsParent: true);
        var traces = Traces(daemon, NotSampled, Sampled, "00-ab", null);
        Assert.Equal((NotSampled, "00-ab", null), (traces[0], traces[2], traces[3]));
        var tick = Assert.Single(Taken(daemon));
        Assert.Equal((0x00f067aa0ba902b7UL, 0x4bf92f3577b34da6UL), (tick.Parent, tick.Own.High));
        Assert.Equal(traces[1], TextOf(tick));
        Assert.Equal(("model0", "s1", 2UL), (tick.Model.Name, Encoding.UTF8.GetString(tick.Stream), tick.Seq));
        Assert.False(tick.IsDropped);
    }

    [Fact]
    public void The_stages_of_a_traced_tick_follow_each_other()
    {
        using var daemon = Tracing(1, followsParent: true);
        Traces(daemon, null, null, Sampled);
        var ticks = Taken(daemon);
        Assert.Equal(3, ticks.Count);
        Assert.All(ticks, static tick =>
        {
            long[] times =
                [tick.Received, tick.Ingested, tick.Decoded, tick.Stepped, tick.Journalled, tick.HandedOver];
            Assert.Equal(times.Order(), times);
            Assert.True(tick.Stepped > tick.Decoded && tick.HandedOver > tick.Journalled);
        });
        Assert.Equal([0UL, 0UL], ticks.Take(2).Select(static tick => tick.Parent));
        Assert.Equal(3, ticks.Select(static tick => tick.Own.Span).Distinct().Count());
    }

    // The same ids decide in the SDK's own sampler.
    [Theory]
    [InlineData(0.01)]
    [InlineData(0.3)]
    public void About_the_ratio_of_ticks_is_traced(double ratio)
    {
        using var daemon = Tracing(ratio, followsParent: true);
        const int all = 20_000;
        for (var i = 0; i < all; i++)
        {
            daemon.Ingest(Pack.Tick($"s{i % 100}", 1.0));
            if (i % 37 == 0)
                daemon.Pause();
            if (i % 1000 == 999)
                daemon.Run();
        }

        daemon.Run();
        var ring = daemon.Loop.Tracer!.Ring;
        var expected = all * ratio;
        var margin = 5 * Math.Sqrt(expected);
        Assert.InRange(ring.Taken + ring.Dropped, expected - margin, expected + margin);
        var ticks = Taken(daemon);
        Assert.All(ticks, tick => Assert.True(tick.Own.High < ratio * long.MaxValue));
        Assert.InRange(ticks.Average(static tick => (double)tick.Own.High) / (ratio * long.MaxValue), 0.35, 0.65);
        Assert.Equal(ticks.Count, ticks.Select(static tick => tick.Own.Low).Distinct().Count());
    }

    [Fact]
    public void Where_parents_are_not_followed_their_id_decides()
    {
        using var daemon = Tracing(0.5, followsParent: false);
        string[] parents = [.. Enumerable.Range(0, 16).Select(static i => $"00-{i:x1}{Sampled[4..^2]}0{i % 2}")];
        Traces(daemon, [.. parents]);
        // As the SDK has it: a signed number, whose sign does not count.
        Assert.Equal([0, 1, 2, 3, 12, 13, 14, 15], Taken(daemon).Select(static tick => (int)(tick.Own.High >> 60)));
    }

    [Fact]
    public void What_finds_no_room_is_counted_and_handed_on_as_it_came()
    {
        using var daemon = Tracing(0, followsParent: true);
        var traces = Traces(daemon, [.. Enumerable.Repeat(Sampled, 5000)]);
        var ring = daemon.Loop.Tracer!.Ring;
        Assert.Equal((4096, 904), (ring.Taken, ring.Dropped));
        Assert.Equal(904, traces.Count(static trace => trace == Sampled));
        Assert.Equal(4096, Taken(daemon).Count);
        Assert.NotEqual(Sampled, Assert.Single(Traces(daemon, Sampled)));
        Assert.Single(Taken(daemon));
    }

    private static SimulatedDaemon Tracing(double ratio, bool followsParent) => new(new LoopOptions
    {
        Tracing = new TickSampling { Ratio = ratio, FollowsParent = followsParent, Seed = 42 },
    });

    // What predictions handed on, in the order of the ticks.
    private string?[] Traces(SimulatedDaemon daemon, params string?[] traces)
    {
        var before = daemon.Sink.Predictions.Count();
        for (var i = 0; i < traces.Length; i++)
            daemon.Ingest(Pack.Tick($"s{i % 1000}", 1.0, ++_seq, trace: traces[i]));
        daemon.Run();
        return [.. daemon.Sink.Predictions.Skip(before).Select(
            static prediction => Read.Value(prediction.Payload)["trace"].AsString())];
    }

    private static List<TracedTick> Taken(SimulatedDaemon daemon)
    {
        var ticks = new List<TracedTick>();
        while (daemon.Loop.Tracer!.Ring.TryTake(out var tick, out _))
            ticks.Add(tick);
        return ticks;
    }

    private static string TextOf(TracedTick tick)
    {
        var text = new byte[TraceParent.Length];
        tick.Own.Write(text);
        return Encoding.ASCII.GetString(text);
    }
}
