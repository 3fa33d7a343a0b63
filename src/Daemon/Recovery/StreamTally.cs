using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Realtime.Daemon.Frames;
using Realtime.Protocol;

namespace Realtime.Daemon.Recovery;

/// <summary>Plain means of absolute errors of the horizon-1 forecasts, beside persistence.</summary>
public struct MeanErrors
{
    private double _error;
    private double _persistence;

    public long Scored { get; private set; }

    /// <summary>NaN before the first.</summary>
    public readonly double AbsoluteError => _error / Scored;

    public readonly double PersistenceAbsoluteError => _persistence / Scored;

    public void Add(double error, double persistence)
    {
        Scored++;
        _error += error;
        _persistence += persistence;
    }

    public void Add(in MeanErrors other)
    {
        Scored += other.Scored;
        _error += other._error;
        _persistence += other._persistence;
    }
}

/// <summary>How far numbers are from those they are held against.</summary>
public struct Deviation
{
    private double _sum;

    /// <summary>Pairs of numbers, of which both are finite.</summary>
    public long Numbers { get; private set; }

    /// <summary>Pairs of which one is not finite and the other is another one.</summary>
    public long Unlike { get; private set; }

    public double MaxAbsolute { get; private set; }

    /// <summary>Largest |a − b| / max(1, |b|), where b is what is recorded.</summary>
    public double MaxRelative { get; private set; }

    public readonly double MeanAbsolute => Numbers == 0 ? 0 : _sum / Numbers;

    public void Add(ReadOnlySpan<double> numbers, ReadOnlySpan<double> recorded)
    {
        for (var i = 0; i < numbers.Length; i++)
        {
            var difference = Math.Abs(numbers[i] - recorded[i]);
            if (!double.IsFinite(difference))
            {
                if (!numbers[i].Equals(recorded[i]))
                    Unlike++;
                continue;
            }

            Numbers++;
            _sum += difference;
            MaxAbsolute = Math.Max(MaxAbsolute, difference);
            MaxRelative = Math.Max(MaxRelative, difference / Math.Max(1, Math.Abs(recorded[i])));
        }
    }

    public void Add(in Deviation other)
    {
        Numbers += other.Numbers;
        Unlike += other.Unlike;
        _sum += other._sum;
        MaxAbsolute = Math.Max(MaxAbsolute, other.MaxAbsolute);
        MaxRelative = Math.Max(MaxRelative, other.MaxRelative);
    }
}

/// <summary>What a replay makes of one stream.</summary>
/// <param name="name">UTF-8.</param>
public sealed class StreamTally(byte[] name) : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public ReadOnlySpan<byte> Name => name;

    public MeanErrors Recorded;

    public MeanErrors Other;

    /// <summary>The other predictions against those of the recorded models.</summary>
    public Deviation Between;

    /// <summary>Takes the next prediction into the digest: seq, flags and numbers, little endian.</summary>
    public void Add(in Item item, ReadOnlySpan<double> prediction)
    {
        Span<ulong> head = [item.Seq, (ulong)item.Flags];
        _hash.AppendData(MemoryMarshal.AsBytes(head));
        _hash.AppendData(MemoryMarshal.AsBytes(prediction));
    }

    /// <summary>SHA-256 of the predictions so far.</summary>
    public byte[] Digest() => _hash.GetCurrentHash();

    public void Dispose() => _hash.Dispose();
}

/// <summary>The tallies of all streams by name; a stream that comes again goes on with its own.</summary>
public sealed class StreamTallies : IDisposable
{
    private readonly Dictionary<byte[], StreamTally> _all = new(ByteNames.Instance);

    /// <summary>In the order of the bytes of their names.</summary>
    public IReadOnlyList<StreamTally> All =>
        [.. _all.OrderBy(static one => one.Key, ByteNames.Instance).Select(static one => one.Value)];

    public StreamTally Of(byte[] name)
    {
        if (!_all.TryGetValue(name, out var tally))
            _all[name] = tally = new StreamTally(name);
        return tally;
    }

    /// <summary>SHA-256 over each stream's name, its length before it, and the digest of its predictions.</summary>
    public string Digest()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var tally in All)
        {
            Span<ulong> length = [(ulong)tally.Name.Length];
            hash.AppendData(MemoryMarshal.AsBytes(length));
            hash.AppendData(tally.Name);
            hash.AppendData(tally.Digest());
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public void Dispose()
    {
        foreach (var tally in _all.Values)
            tally.Dispose();
    }

    private sealed class ByteNames : IEqualityComparer<byte[]>, IComparer<byte[]>
    {
        public static readonly ByteNames Instance = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] name)
        {
            var hash = new HashCode();
            hash.AddBytes(name);
            return hash.ToHashCode();
        }

        public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);
    }
}

/// <summary>The tallies of a world's rows, at hand.</summary>
public sealed class RowTallies(StreamTallies all, StreamTable streams)
{
    private (byte[] Name, StreamTally Tally)[] _rows = [];

    public StreamTally this[int row]
    {
        get
        {
            // A row given to another stream has another name's array.
            var name = streams.Name(row);
            if (row < _rows.Length && ReferenceEquals(_rows[row].Name, name))
                return _rows[row].Tally;
            if (row >= _rows.Length)
                Array.Resize(ref _rows, Math.Max(row + 1, 2 * _rows.Length));
            return (_rows[row] = (name, all.Of(name))).Tally;
        }
    }
}
