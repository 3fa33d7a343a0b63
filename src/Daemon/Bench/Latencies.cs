namespace Realtime.Daemon.Bench;

/// <summary>Latencies in nanoseconds; room is made once, so that adding allocates nothing.</summary>
public sealed class Latencies(int capacity)
{
    private readonly long[] _values = new long[capacity];
    private bool _sorted;

    public int Count { get; private set; }

    /// <exception cref="InvalidOperationException">There is no room left.</exception>
    public void Add(long nanoseconds)
    {
        if (Count == _values.Length)
            throw new InvalidOperationException($"more than {_values.Length} latencies");
        _values[Count++] = nanoseconds;
        _sorted = false;
    }

    public void Add(Latencies others)
    {
        foreach (var value in others._values.AsSpan(0, others.Count))
            Add(value);
    }

    /// <summary>The smallest latency that at least this share of all is not above; NaN where there are none.</summary>
    /// <param name="share">0 to 1.</param>
    public double Percentile(double share)
    {
        if (Count == 0)
            return double.NaN;
        if (!_sorted)
            Array.Sort(_values, 0, Count);
        _sorted = true;
        return _values[Math.Clamp((int)Math.Ceiling(share * Count) - 1, 0, Count - 1)];
    }
}
