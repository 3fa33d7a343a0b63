namespace Realtime.Daemon.Frames.Meters;

/// <summary>
/// Counts of values in buckets whose bounds are 2^(i/16): a value is known to 4.4 %, a quantile to half of that, from
/// one nanosecond to centuries. The same buckets as an OpenTelemetry exponential histogram of scale 4.
/// </summary>
/// <remarks>
/// One thread writes; whoever reads on another takes a copy between two writes. Adding allocates nothing and takes a
/// few nanoseconds.
/// </remarks>
public sealed class ExponentialHistogram
{
    /// <summary>2^Scale buckets for each power of two.</summary>
    public const int Scale = 4;

    private const int PerOctave = 1 << Scale;
    private const int MantissaBits = 52;
    private const long MantissaMask = (1L << MantissaBits) - 1;
    private const int ExponentBias = 1023;

    // Finer than the distance of two bounds, so that a cell holds one bound at most.
    private const int CellBits = 8;

    // A nanosecond in seconds lies above 2^-30; 2^63 nanoseconds below 2^34 seconds.
    private const int LowestExponent = -30;
    private const int Octaves = 64;

    // One bucket below the lowest octave's first for its lower bound, and the bucket of zero in front.
    private const int FirstIndex = LowestExponent * PerOctave - 1;
    private const int Slots = Octaves * PerOctave + 2;

    // Mantissas of the bounds within an octave; the last one is never passed.
    private static readonly long[] Bounds = MakeBounds();
    private static readonly byte[] BoundsBelow = MakeBoundsBelow();

    private readonly Bucket[] _buckets = new Bucket[Slots];
    private readonly double _unit;
    private int _low = Slots;
    private int _high = -1;

    /// <param name="unit">What one of the whole numbers added is worth in the unit that is told: 1e-9 for nanoseconds
    /// that are told in seconds.</param>
    public ExponentialHistogram(double unit) => _unit = unit;

    /// <summary>Values added.</summary>
    public long Count
    {
        get
        {
            var count = 0L;
            foreach (ref readonly var bucket in Used)
                count += bucket.Count;
            return count;
        }
    }

    /// <summary>Sum of the whole numbers added, exact up to 2^53 in each bucket.</summary>
    public double RawSum
    {
        get
        {
            var sum = 0.0;
            foreach (ref readonly var bucket in Used)
                sum += bucket.Sum;
            return sum;
        }
    }

    /// <summary>Sum of the values in their unit.</summary>
    public double Sum => RawSum * _unit;

    /// <summary>Values that were zero or below.</summary>
    public long ZeroCount => _buckets[0].Count;

    private ReadOnlySpan<Bucket> Used => _high < 0 ? [] : _buckets.AsSpan(_low, _high - _low + 1);

    /// <summary>Which bucket a whole number belongs to, for <see cref="AddAt"/>; the same in every histogram of the
    /// unit.</summary>
    public int SlotOf(long value) => value <= 0 ? 0 : IndexOf(value * _unit) - FirstIndex + 1;

    /// <summary>Adds a value so many times; below zero it counts as zero.</summary>
    public void Add(long value, long count = 1) => AddAt(SlotOf(value), Math.Max(value, 0), count);

    /// <summary>The same where the bucket is known.</summary>
    public void AddAt(int slot, long value, long count)
    {
        ref var bucket = ref _buckets[slot];
        bucket.Count += count;
        bucket.Sum += (double)value * count;
        if (slot < _low)
            _low = slot;
        if (slot > _high)
            _high = slot;
    }

    /// <summary>Makes another histogram of the unit what this one is.</summary>
    public void CopyTo(ExponentialHistogram other)
    {
        if (other._high >= 0)
            other._buckets.AsSpan(other._low, other._high - other._low + 1).Clear();
        Used.CopyTo(other._buckets.AsSpan(Math.Min(_low, Slots - 1)));
        (other._low, other._high) = (_low, _high);
    }

    /// <summary>Adds all that another of the unit holds.</summary>
    public void Merge(ExponentialHistogram other)
    {
        for (var slot = other._low; slot <= other._high; slot++)
            if (other._buckets[slot].Count != 0)
                Put(slot, other._buckets[slot]);
    }

    /// <summary>What was added behind an earlier copy of this one.</summary>
    public ExponentialHistogram Since(ExponentialHistogram then)
    {
        var since = new ExponentialHistogram(_unit);
        for (var slot = _low; slot <= _high; slot++)
        {
            var (now, past) = (_buckets[slot], then._buckets[slot]);
            if (now.Count != past.Count)
                since.Put(slot, new Bucket { Count = now.Count - past.Count, Sum = now.Sum - past.Sum });
        }

        return since;
    }

    /// <summary>Another one of the same unit.</summary>
    public ExponentialHistogram MakeEmpty() => new(_unit);

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        _buckets.AsSpan().Clear();
        (_low, _high) = (Slots, -1);
    }

    /// <summary>A quantile in the unit that is told, off by 2.2 % at most; NaN where there are no values.</summary>
    /// <param name="q">Between 0 and 1.</param>
    public double Quantile(double q)
    {
        var count = Count;
        if (count == 0)
            return double.NaN;
        var rank = Math.Max(1, (long)Math.Ceiling(q * count));
        var slot = _low;
        for (var seen = _buckets[slot].Count; seen < rank; seen += _buckets[slot].Count)
            slot++;
        return slot == 0 ? 0 : BoundOf(slot - 1 + FirstIndex + 0.5);
    }

    /// <summary>Values up to 2^exponent, itself included: exact, since powers of two are bounds. Half powers are, too.
    /// </summary>
    public long CountUpTo(double exponent)
    {
        var last = Math.Min((int)Math.Round(exponent * PerOctave) - 1 - FirstIndex + 1, _high);
        var count = 0L;
        for (var slot = _low; slot <= last; slot++)
            count += _buckets[slot].Count;
        return count;
    }

    /// <summary>The buckets that hold something, from below: number, mean of its values in their unit, count. The first
    /// may be that of zero.</summary>
    public IEnumerable<FilledBucket> Filled()
    {
        for (var slot = _low; slot <= _high; slot++)
            if (_buckets[slot] is { Count: > 0 } bucket)
                yield return new FilledBucket(slot, MeanOf(slot, in bucket), bucket.Count);
    }

    // Rounding must not carry it over a bound.
    private double MeanOf(int slot, in Bucket bucket)
    {
        if (slot == 0)
            return 0;
        var mean = bucket.Sum / bucket.Count * _unit;
        return IndexOf(mean) == slot - 1 + FirstIndex ? mean : BoundOf(slot - 1 + FirstIndex + 0.5);
    }

    private void Put(int slot, Bucket bucket)
    {
        AddAt(slot, 0, bucket.Count);
        _buckets[slot].Sum += bucket.Sum;
    }

    // The lower bound of the bucket with that index.
    private static double BoundOf(double index) => Math.Pow(2, index / PerOctave);

    // Bucket i holds what lies above 2^(i/16), up to 2^((i+1)/16).
    private static int IndexOf(double value)
    {
        var bits = BitConverter.DoubleToInt64Bits(value);
        var mantissa = bits & MantissaMask;
        int below = BoundsBelow[mantissa >> (MantissaBits - CellBits)];
        below += mantissa > Bounds[below] ? 1 : 0;
        return (((int)(bits >> MantissaBits) - ExponentBias) << Scale) + below - 1;
    }

    private static long[] MakeBounds() =>
    [
        .. Enumerable.Range(0, PerOctave)
            .Select(static i => BitConverter.DoubleToInt64Bits(BoundOf(i)) & MantissaMask),
        long.MaxValue,
    ];

    private static byte[] MakeBoundsBelow() =>
    [
        .. Enumerable.Range(0, 1 << CellBits)
            .Select(static cell => (byte)Bounds.Count(bound => bound < (long)cell << (MantissaBits - CellBits))),
    ];

    private struct Bucket
    {
        public long Count;
        public double Sum;
    }
}

/// <summary>A bucket of a histogram that holds something.</summary>
/// <param name="Slot">Its place; the same for all histograms of a unit.</param>
/// <param name="Mean">Of its values, in their unit.</param>
/// <param name="Count">How many.</param>
public readonly record struct FilledBucket(int Slot, double Mean, long Count);
