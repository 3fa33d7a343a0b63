using System.Numerics;

namespace Realtime.Daemon.Commands;

/// <summary>
/// Durations from a microsecond (shorter ones count as that) to years in buckets of logarithmic width: each power of
/// two is cut in equal parts. A quantile is off by at most one part.
/// </summary>
internal sealed class LatencyHistogram
{
    // 2^10 ns is about a microsecond, 2^58 ns about nine years.
    private const int FirstOctave = 10;
    private const int LastOctave = 58;

    private readonly int _partBits;
    private uint[] _counts = [];
    private int _first;

    /// <param name="partBits">Each power of two has 2^partBits parts.</param>
    public LatencyHistogram(int partBits = 5) => _partBits = partBits;

    public long Count { get; private set; }

    /// <summary>The longest, in nanoseconds; 0 before the first.</summary>
    public long Max { get; private set; }

    /// <param name="nanoseconds">A negative one, from clocks that differ, counts as none.</param>
    public void Record(long nanoseconds)
    {
        Count++;
        Max = Math.Max(Max, nanoseconds);
        var bucket = BucketOf(nanoseconds);
        MakeRoom(bucket);
        _counts[bucket - _first]++;
    }

    /// <summary>The duration that the share <paramref name="q"/> of them does not exceed, in nanoseconds; NaN before
    /// the first.</summary>
    public double Quantile(double q)
    {
        if (Count == 0)
            return double.NaN;
        var rank = q * Count;
        double below = 0;
        for (var i = 0; i < _counts.Length; i++)
        {
            if (_counts[i] == 0)
                continue;
            if (below + _counts[i] >= rank)
            {
                var share = Math.Clamp((rank - below) / _counts[i], 0, 1);
                return Math.Min(Max, Start(_first + i) + share * (Start(_first + i + 1) - Start(_first + i)));
            }

            below += _counts[i];
        }

        return Max;
    }

    // Only the buckets between the shortest and the longest take memory: one stream's ages are close together.
    private void MakeRoom(int bucket)
    {
        if (_counts.Length == 0)
            _first = bucket;
        var first = Math.Min(_first, bucket);
        var end = Math.Max(_first + _counts.Length, bucket + 1);
        if (end - first == _counts.Length)
            return;
        var counts = new uint[end - first];
        _counts.CopyTo(counts.AsSpan(_first - first));
        (_counts, _first) = (counts, first);
    }

    private int BucketOf(long nanoseconds)
    {
        var clamped = (ulong)Math.Clamp(nanoseconds, 1L << FirstOctave, (1L << LastOctave) - 1);
        var octave = BitOperations.Log2(clamped);
        var part = (int)((clamped - (1UL << octave)) >> (octave - _partBits));
        return ((octave - FirstOctave) << _partBits) + part;
    }

    private double Start(int bucket)
    {
        var octave = FirstOctave + (bucket >> _partBits);
        var part = bucket & ((1 << _partBits) - 1);
        return (1L << octave) + (double)part * (1L << (octave - _partBits));
    }
}
