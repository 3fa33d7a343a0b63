using Realtime.Daemon.Frames.Meters;

namespace Realtime.Daemon.Frames.Tracing;

/// <summary>
/// Chooses the ticks that are traced and records when the stages of their frame ended. Where nothing is sampled it
/// costs a subtraction per frame.
/// </summary>
public sealed class TickTracer
{
    private readonly TickSampling _sampling;
    private readonly World _world;
    private readonly FrameMeters _meters;
    private readonly long _bound;
    private ulong _random;

    // Ticks without a trace that pass until one of them is sampled.
    private long _skip;

    public TickTracer(TickSampling sampling, World world, FrameMeters meters)
    {
        (_sampling, _world, _meters, _random) = (sampling, world, meters, sampling.Seed);
        // As the SDK's sampler by ratio has it.
        _bound = sampling.Ratio >= 1 ? long.MaxValue : (long)(sampling.Ratio * long.MaxValue);
        _skip = DrawSkip();
    }

    /// <summary>The sampled ticks.</summary>
    public TraceRing Ring { get; } = new();

    /// <summary>Marks the ticks of a frame that are traced, before any prediction is encoded.</summary>
    public void Select(FrameWork work, Inbox inbox)
    {
        if (work.TraceCount == 0 && _skip >= work.TickCount)
        {
            _skip -= work.TickCount;
            return;
        }

        foreach (ref var item in work.Items)
            if (item.Kind == ItemKind.Tick)
                Select(ref item, inbox);
    }

    /// <summary>Writes what the prediction of a traced tick hands on.</summary>
    public ReadOnlySpan<byte> Write(in Item item, Span<byte> to)
    {
        Ring[item.Traced - 1].Own.Write(to);
        return to[..TraceParent.Length];
    }

    /// <summary>The prediction of a traced tick is handed over, or was not taken.</summary>
    public void HandOver(in Item item, long now, bool isDropped)
    {
        ref var tick = ref Ring[item.Traced - 1];
        (tick.HandedOver, tick.IsDropped) = (now, isDropped);
    }

    /// <summary>The frame's predictions are handed over: whoever tells of its traced ticks gets them.</summary>
    public void Commit()
    {
        var places = Ring.Reserved;
        for (var i = 0; i < places.Count; i++)
        {
            ref var tick = ref Ring[places[i]];
            tick.Received = _meters.Received;
            tick.WallReceived = _meters.WallAt(tick.Received);
            tick.Ingested = _meters.EndOf(Stage.Ingest);
            tick.Decoded = _meters.EndOf(Stage.Decode);
            tick.Stepped = _meters.EndOf(Stage.Step);
            tick.Journalled = _meters.EndOf(Stage.Journal);
        }

        Ring.Commit();
    }

    private void Select(ref Item item, Inbox inbox)
    {
        if (item.Trace.Length == 0)
        {
            if (_skip-- == 0)
            {
                Take(ref item, NewTrace(), 0);
                _skip = DrawSkip();
            }
        }
        else if (TraceParent.TryRead(inbox.Bytes(item.Trace), out var parent) && Takes(in parent))
        {
            Take(ref item, parent, parent.Span);
        }
    }

    private bool Takes(in TraceParent parent) => _sampling.FollowsParent
        ? parent.IsSampled
        : _sampling.Ratio >= 1 || Math.Abs(Math.Max((long)parent.High, -long.MaxValue)) < _bound;

    private void Take(ref Item item, TraceParent trace, ulong parent)
    {
        var place = Ring.Reserve();
        if (place < 0)
            return;
        item.Traced = place + 1;
        Ring[place] = new TracedTick
        {
            Own = trace with { Span = NextId(), Flags = (byte)(trace.Flags | TraceParent.Sampled) },
            Parent = parent,
            Model = _meters.Of(item.Model),
            Stream = _world.Streams.Name(item.Row),
            Seq = item.Seq,
        };
    }

    // A trace that a sampler of the same ratio takes elsewhere, too.
    private TraceParent NewTrace() =>
        new(Math.BigMul((ulong)_bound, Next(), out _), NextId(), 0, 0);

    private long DrawSkip()
    {
        if (_sampling.Ratio >= 1)
            return 0;
        if (_sampling.Ratio <= 0)
            return long.MaxValue;
        var uniform = ((Next() >> 11) + 1) * (1.0 / (1L << 53));
        return (long)Math.Min(Math.Log(uniform) / Math.Log(1 - _sampling.Ratio), long.MaxValue / 2);
    }

    private ulong NextId()
    {
        ulong id;
        do
        {
            id = Next();
        }
        while (id == 0);
        return id;
    }

    // SplitMix64.
    private ulong Next()
    {
        var z = _random += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }
}
