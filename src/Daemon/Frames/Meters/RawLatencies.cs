namespace Realtime.Daemon.Frames.Meters;

/// <summary>Latencies one by one, as the histograms got them; to check these by.</summary>
public sealed class RawLatencies
{
    // 24 bytes each.
    private const int Room = 1 << 21;

    private readonly RawLatency[] _all = new RawLatency[Room];
    private int _count;

    /// <summary>In the order of hand-over; only when the loop has ended.</summary>
    public ReadOnlySpan<RawLatency> All => _all.AsSpan(0, _count);

    /// <summary>Ticks that found no room.</summary>
    public long Missing { get; private set; }

    internal void Add(ModelMeters model, long latency, int ticks)
    {
        if (_count < Room)
            _all[_count++] = new RawLatency(model, latency, ticks);
        else
            Missing += ticks;
    }
}

/// <summary>Ticks of a model that share a latency.</summary>
/// <param name="Model">Their model.</param>
/// <param name="Nanoseconds">From receipt to hand-over.</param>
/// <param name="Ticks">How many.</param>
public readonly record struct RawLatency(ModelMeters Model, long Nanoseconds, int Ticks);
