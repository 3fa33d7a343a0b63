using System.Diagnostics;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Meters;
using Realtime.Daemon.Tests.Simulation;

namespace Realtime.Daemon.Tests.Meters;

public sealed class FrameMetersTests
{
    private static readonly Stage[] Stages = Enum.GetValues<Stage>();

    [Fact]
    public void Each_published_prediction_of_a_tick_has_a_latency_and_an_age()
    {
        using var daemon = new SimulatedDaemon(models: HostileInput.Models);
        for (ulong seq = 1; seq <= 20; seq++)
            for (var stream = 0; stream < 30; stream++)
                daemon.Ingest(Pack.Tick(stream % 3 == 0 ? $"t/{stream}" : $"a/{stream}", 3, seq));
        daemon.Ingest(Pack.Tick("a/1", 3, 20UL));
        daemon.Ingest([0xc1]);
        daemon.Run();
        var copy = CopyOf(daemon);
        Assert.Equal(600, daemon.Counters.Published);
        Assert.Equal(600, copy.Models.Sum(static model => model.Latency.Count));
        Assert.Equal(600, copy.Models.Sum(static model => model.Age.Count));
        Assert.Equal(600, copy.Models.Sum(static model => model.Sent));
        Assert.Equal([200L, 400L], copy.Models.Where(static model => model.Sent != 0)
            .Select(static model => model.Sent).Order());
        Assert.Equal((602, 600, 1), (copy.Received, copy.Stepped, copy.Duplicate));
    }

    [Fact]
    public void The_stages_of_frames_add_up_to_their_duration()
    {
        using var daemon = new SimulatedDaemon(SimulatedDaemon.Options(maxTicks: 7));
        for (ulong seq = 1; seq <= 50; seq++)
        {
            daemon.Request(Pack.Batch([Pack.Tick("a", 1.0, seq), Pack.Tick("b", 2.0, seq)], reply: true));
            if (seq % 5 == 0)
                daemon.Pause();
        }

        daemon.Run();
        var meters = daemon.Loop.Meters;
        var frames = daemon.Counters.Frames;
        Assert.True(frames > 14);
        Assert.All(Stages, stage => Assert.Equal(frames, meters.StageDuration(stage).Count));
        Assert.Equal(frames, meters.FrameDuration.Count);
        Assert.Equal(meters.FrameDuration.RawSum, Stages.Sum(stage => meters.StageDuration(stage).RawSum));
        Assert.True(meters.StageDuration(Stage.Step).RawSum > 0);
        Assert.Equal((frames, 100.0), (meters.FrameTicks.Count, meters.FrameTicks.Sum));
    }

    [Fact]
    public void Turns_without_work_are_no_frames()
    {
        using var daemon = new SimulatedDaemon();
        for (var i = 0; i < 10; i++)
            daemon.Loop.RunFrame();
        Assert.Equal((0, 0), (daemon.Loop.Meters.FrameDuration.Count, daemon.Loop.Meters.FrameTicks.Count));
        daemon.Take(Pack.Tick("a", 1.0));
        Assert.Equal((1, 1), (daemon.Loop.Meters.FrameDuration.Count, daemon.Loop.Meters.FrameTicks.Count));
    }

    [Fact]
    public void A_latency_begins_with_the_receipt_however_many_frames_a_batch_takes()
    {
        using var daemon = new SimulatedDaemon(SimulatedDaemon.Options(maxTicks: 10));
        daemon.Ingest(Pack.Batch([.. Enumerable.Range(0, 100).Select(static i => Pack.Tick($"s{i}", 1.0))]));
        var begun = Stopwatch.GetTimestamp();
        var ends = new List<double>();
        daemon.Run(() =>
        {
            ends.Add(Stopwatch.GetElapsedTime(begun).TotalSeconds);
            Thread.Sleep(5);
        });
        var latency = Assert.Single(daemon.Loop.Meters.Models).Latency;
        Assert.Equal(100, latency.Count);
        // Ten frames of ten ticks, 5 ms and more apart; a bucket is 2 % wide.
        Assert.InRange(latency.Quantile(1), 0.044, ends[9] * 1.03);
        Assert.InRange(latency.Quantile(0.5), 0.019, ends[5] * 1.03);
    }

    [Fact]
    public void A_latency_lies_within_what_its_frame_took()
    {
        using var daemon = new SimulatedDaemon(sink: new SlowSink());
        for (var i = 0; i < 20; i++)
            daemon.Ingest(Pack.Tick($"s{i}", 1.0));
        daemon.Run();
        var latency = daemon.Loop.Meters.Models[0].Latency;
        var frame = daemon.Loop.Meters.FrameDuration.Sum;
        Assert.True(latency.Quantile(1) <= frame * 1.023, $"{latency.Quantile(1)} s in a frame of {frame} s");
        // Twenty take 2 ms each; those of a group are told as late as its last.
        Assert.Equal(3, latency.Filled().Count());
        Assert.Equal([8L, 8L, 4L], latency.Filled().Select(static bucket => bucket.Count));
        Assert.InRange(latency.Filled().First().Mean, 0.016, frame);
        Assert.InRange(latency.Quantile(1), 0.040 / 1.023, frame * 1.023);
    }

    [Fact]
    public void An_age_counts_from_the_time_of_the_tick()
    {
        using var daemon = new SimulatedDaemon();
        var now = daemon.Clock.UtcNanoseconds;
        daemon.Take(Pack.Tick("old", 1.0, time: now - 3_600 * SimulatedClock.Second));
        daemon.Take(Pack.Tick("new", 1.0, time: now + 3_600 * SimulatedClock.Second));
        daemon.Take(Pack.Tick("none", 1.0));
        var age = daemon.Loop.Meters.Models[0].Age;
        Assert.Equal((3, 1), (age.Count, age.ZeroCount));
        Assert.InRange(age.Quantile(1), 3600 / 1.023, 3600 * 1.023);
        Assert.InRange(age.Quantile(0.5), 1e-9, 30);
    }

    [Fact]
    public void A_prediction_that_was_dropped_has_no_latency()
    {
        using var daemon = new SimulatedDaemon(sink: new FullSink());
        for (var i = 0; i < 30; i++)
            daemon.Ingest(Pack.Tick($"s{i}", 1.0));
        daemon.Run();
        var model = CopyOf(daemon).Models[0];
        Assert.Equal((20, 10), (daemon.Counters.Published, daemon.Counters.Dropped));
        Assert.Equal((20, 10, 20, 20), (model.Sent, model.Dropped, model.Latency.Count, model.Age.Count));
    }

    [Fact]
    public void What_nobody_hears_is_measured_all_the_same()
    {
        using var daemon = new SimulatedDaemon(models: HostileInput.Models, sink: new DeafSink());
        for (var i = 0; i < 40; i++)
            daemon.Ingest(Pack.Tick(i % 2 == 0 ? $"a/{i}" : $"t/{i}", 3, time: i / 3 + 1));
        daemon.Run();
        var models = CopyOf(daemon).Models.Where(static model => model.Sent != 0);
        Assert.Equal(40, daemon.Counters.Published);
        Assert.All(models, static model => Assert.Equal(
            (20, 20, 20), (model.Sent, model.Latency.Count, model.Age.Count)));
    }

    [Fact]
    public void Predictions_are_counted_without_histograms()
    {
        using var daemon = new SimulatedDaemon(new LoopOptions { Histograms = false });
        daemon.Take(Pack.Tick("a", 1.0), Pack.Tick("b", 1.0));
        var copy = CopyOf(daemon);
        Assert.Equal((2, 0), (copy.Models[0].Sent, copy.Models[0].Latency.Count));
        Assert.Equal((0, 0), (copy.FrameDuration.Count, copy.FrameTicks.Count));
    }

    [Fact]
    public void Without_stages_the_rest_is_measured()
    {
        using var daemon = new SimulatedDaemon(new LoopOptions { StageHistograms = false });
        daemon.Take(Pack.Tick("a", 1.0));
        var copy = CopyOf(daemon);
        Assert.Equal((1, 1, 1), (copy.Models[0].Latency.Count, copy.FrameDuration.Count, copy.FrameTicks.Count));
        Assert.All(copy.Stages, static stage => Assert.Equal(0, stage.Count));
    }

    [Fact]
    public void A_window_tells_of_what_came_since()
    {
        using var daemon = new SimulatedDaemon();
        var window = new LatencyWindow(daemon.Loop.Meters);
        Assert.Equal(0, window.Move(0.99).Ticks);
        daemon.Take(Pack.Tick("a", 1.0), Pack.Tick("b", 1.0));
        var (ticks, seconds) = window.Move(0.99);
        Assert.Equal(2, ticks);
        Assert.InRange(seconds, 1e-7, 30);
        Assert.Equal((0, double.NaN), window.Move(0.99));
    }

    private static MeterCopy CopyOf(SimulatedDaemon daemon)
    {
        var copy = new MeterCopy();
        daemon.Loop.Meters.CopyTo(copy);
        return copy;
    }

    private class DeafSink : IPredictionSink
    {
        public virtual bool HasSubscribers => false;

        public virtual bool Publish(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload) => true;

        public bool Reply(ReadOnlySpan<byte> identity, bool delimiter, ReadOnlySpan<byte> payload) => true;
    }

    private sealed class FullSink : DeafSink
    {
        private int _count;

        public override bool HasSubscribers => true;

        public override bool Publish(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload) => _count++ % 3 != 0;
    }

    private sealed class SlowSink : DeafSink
    {
        public override bool HasSubscribers => true;

        public override bool Publish(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload)
        {
            Thread.Sleep(2);
            return true;
        }
    }
}
