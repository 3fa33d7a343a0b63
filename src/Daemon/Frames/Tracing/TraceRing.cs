namespace Realtime.Daemon.Frames.Tracing;

/// <summary>Sampled ticks on their way from the loop to the one thread that tells of them.</summary>
/// <param name="capacity">A power of two.</param>
public sealed class TraceRing(int capacity = 4096)
{
    private readonly TracedTick[] _ticks = new TracedTick[capacity];
    private long _head;
    private long _tail;
    private long _reserved;
    private long _dropped;

    /// <summary>Ticks handed over since the start.</summary>
    public long Taken => Volatile.Read(ref _tail);

    /// <summary>Ticks that were to be sampled and found no room; their trace was handed on as it came.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Takes a place that is filled until <see cref="Commit"/>; -1 where there is none. By the loop.</summary>
    public int Reserve()
    {
        if (_reserved - Volatile.Read(ref _head) >= capacity)
        {
            Volatile.Write(ref _dropped, _dropped + 1);
            return -1;
        }

        return (int)(_reserved++ & (capacity - 1));
    }

    public ref TracedTick this[int place] => ref _ticks[place];

    /// <summary>The places taken since the last commit; by the loop.</summary>
    public ReservedPlaces Reserved => new((int)(_reserved - _tail), (int)(_tail & (capacity - 1)), capacity);

    /// <summary>Hands over what was reserved.</summary>
    public void Commit() => Volatile.Write(ref _tail, _reserved);

    /// <summary>The oldest tick; by the thread that tells of them.</summary>
    /// <param name="tick">What was recorded of it.</param>
    /// <param name="number">How many came before it.</param>
    public bool TryTake(out TracedTick tick, out long number)
    {
        tick = default;
        number = _head;
        if (_head == Volatile.Read(ref _tail))
            return false;
        tick = _ticks[_head & (capacity - 1)];
        Volatile.Write(ref _head, _head + 1);
        return true;
    }
}

/// <summary>Places of a ring that follow each other.</summary>
public readonly record struct ReservedPlaces(int Count, int First, int Capacity)
{
    public int this[int index] => (First + index) & (Capacity - 1);
}
