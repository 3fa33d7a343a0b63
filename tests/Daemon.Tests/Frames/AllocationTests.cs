using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Tracing;
using Realtime.Daemon.Tests.Simulation;

namespace Realtime.Daemon.Tests.Frames;

/// <summary>
/// They run alone, and no collection may come between: one that is caused by another test charges each thread with the
/// rest of its allocation context, up to 8 KB that nobody has allocated.
/// </summary>
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
[Collection(nameof(AllocationTests))]
public sealed class AllocationTests
{
    private const int Frames = 1000;
    private const int Warm = 300;
    private const int TicksPerFrame = 11;
    private const long RegionBytes = 16 * 1024 * 1024;

    [Fact]
    public void A_warm_frame_allocates_nothing()
    {
        var sink = new SilentSink();
        Assert.Equal(0, AllocatedBy(sink, new NoJournal()));
        // Every tick published, the first one of a/4 and a heartbeat too; every request answered.
        Assert.Equal((Warm + Frames) * TicksPerFrame + 2, sink.Publications);
        Assert.Equal((Warm + Frames) * 5, sink.Replies);
    }

    [Fact]
    public void A_warm_frame_that_is_recorded_allocates_nothing()
    {
        var journal = new SilentJournal();
        Assert.Equal(0, AllocatedBy(new SilentSink(), journal));
        Assert.Equal((Warm + Frames) * TicksPerFrame + 1, journal.Ticks);
    }

    [Fact]
    public void A_warm_frame_with_traced_ticks_allocates_nothing()
    {
        var options = new LoopOptions
        {
            Tracing = new TickSampling { Ratio = 0.2, FollowsParent = true, Seed = 1 },
        };
        Assert.Equal(0, AllocatedBy(new SilentSink(), new NoJournal(), options));
    }

    [Fact]
    public void A_warm_frame_on_a_device_allocates_nothing()
    {
        var (sink, journal) = (new SilentSink(), new SilentJournal());
        Assert.Equal(0, AllocatedBy(sink, journal, isOnDevice: true));
        Assert.Equal((Warm + Frames) * TicksPerFrame + 1, journal.Ticks);
        // One frame is emitted by the next.
        Assert.Equal((Warm + Frames - 1) * 5, sink.Replies);
    }

    [Fact]
    public void An_allocation_of_eight_bytes_in_a_frame_is_seen()
    {
        var allocated = AllocatedBy(new SilentSink { IsLeaking = true }, new NoJournal());
        Assert.InRange(allocated, 8 * Frames, long.MaxValue);
    }

    private static long AllocatedBy(
        SilentSink sink, IJournal journal, LoopOptions? options = null, bool isOnDevice = false)
    {
        using var daemon = new SimulatedDaemon(
            options, HostileInput.Models, sink, journal,
            isOnDevice ? static (model, _) => new AsynchronousEngine(model) : null);
        for (var i = 0; i < Warm + Frames + (isOnDevice ? 1 : 0); i++)
            SendFrame(daemon, (ulong)i + 1, isOnDevice);
        RunFrames(daemon, Warm);
        Assert.True(GC.TryStartNoGCRegion(RegionBytes));
        try
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            RunFrames(daemon, Frames);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
        finally
        {
            GC.EndNoGCRegion();
        }
    }

    private static void RunFrames(SimulatedDaemon daemon, int count)
    {
        for (var i = 0; i < count; i++)
        {
            daemon.Clock.UtcNanoseconds += SimulatedClock.Second / 1000;
            daemon.Loop.RunFrame();
        }
    }

    private static void SendFrame(SimulatedDaemon daemon, ulong seq, bool isOnDevice)
    {
        // The last tick of an earlier frame again; of this one below.
        daemon.Request(Pack.Tick("a/4", 5, seq - 1, reply: true));
        daemon.Ingest(Pack.Tick("a/1", 0.1 * seq, seq, time: 1_800_000_000));
        daemon.Ingest(Pack.Array(1, "b/1", seq, null, new object?[] { 1.5, null }));
        daemon.Send(new SimulatedMessage(Origin.Subscription, Pack.Tick(null, new[] { 1.0, 2, 3 }, seq))
        {
            Topic = "c/1"u8.ToArray(),
        });
        daemon.Ingest(Pack.Batch([Pack.Tick(17, 2.0, seq), Pack.Tick("t/1", 3, seq), Pack.Tick("a/2", 4.0)]));
        daemon.Request(Pack.Tick("a/3", 5, seq, reply: true, rid: 7, trace: "00-ab"));
        daemon.Request(Pack.Tick("a/4", 5, seq));
        daemon.Request(Pack.Batch(
            [Pack.Tick("b/2", new[] { 1.0, 2 }, seq), Pack.Tick("a/5", 1, seq), Pack.Tick("a/6", 2.5)], reply: true));
        daemon.Request(Pack.Tick("a/3", 5, seq, reply: true));
        daemon.PauseBetween(!isOnDevice || seq == 1);
    }

    /// <summary>Counts, and keeps nothing.</summary>
    private sealed class SilentSink : IPredictionSink
    {
        public bool IsLeaking { get; init; }
        public object? Kept { get; set; }
        public int Publications { get; private set; }
        public int Replies { get; private set; }

        public bool Publish(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload)
        {
            // Events of the first frames are not counted.
            if (topic[0] != (byte)'e')
                Publications++;
            if (IsLeaking && topic is [(byte)'p', (byte)'/', (byte)'1', (byte)'7'])
                Kept = new byte[8];
            return true;
        }

        public bool Reply(ReadOnlySpan<byte> identity, bool delimiter, ReadOnlySpan<byte> payload)
        {
            Replies++;
            return true;
        }
    }

    private sealed class SilentJournal : IJournal
    {
        public bool Records => true;

        public ulong Written => 0;

        public ulong Durable => 0;

        public string? Fault => null;

        public string? Warning => null;

        public bool CanTake(long bytes) => true;

        public bool TryReopen() => true;

        public int Ticks { get; private set; }

        public void Append(in FrameRecord record)
        {
            foreach (ref readonly var change in record.Changes)
                if (change.Kind == ChangeKind.Tick)
                    Ticks++;
        }
    }
}
