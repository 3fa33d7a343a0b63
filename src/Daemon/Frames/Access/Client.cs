using System.Text;

namespace Realtime.Daemon.Frames.Access;

/// <summary>
/// A client that is known by its key: what it may do, and what it has done. Used by the loop alone.
/// </summary>
/// <remarks>
/// Nothing of it is part of the world: what it refuses leaves no trace in journal or state. Streams that owe a refused
/// tick are therefore remembered here, beside the world's own.
/// </remarks>
public sealed class Client
{
    // Streams remembered as refused for the rate.
    private const int OwedMax = 4096;

    // A message that will be refused takes the room of so many in the inbox, and of one more for so many bytes, so that
    // refusing does not hold up the others' frames.
    private const int SpentWeight = 512;
    private const int BytesPerWeight = 8;

    private readonly StreamPattern[] _patterns;
    private readonly bool _sendsAll;
    private readonly byte[][] _hears;
    private readonly RefusedStreams _owed = new(OwedMax);
    private TokenBucket _bucket;

    public Client(ClientRights rights, long now)
    {
        Rights = rights;
        _patterns = rights.Streams.Contains("*") ? []
            : [.. rights.Streams.Select(static text => new StreamPattern(text))];
        _sendsAll = rights.Streams.Contains("*");
        _hears = [.. rights.Hears.Select(Encoding.UTF8.GetBytes)];
        HearsAll = rights.Hears.Contains("");
        if (rights.TicksPerSecond is { } rate)
            _bucket = new TokenBucket(rate, now);
        OverRate = $"{rights.Name} may send {rights.TicksPerSecond} ticks per second";
    }

    public ClientRights Rights { get; }

    public string Name => Rights.Name;

    public bool MayControl => Rights.MayControl;

    /// <summary>Beginnings of the names of streams it may hear.</summary>
    public ReadOnlySpan<byte[]> Hears => _hears;

    /// <summary>It may hear every stream.</summary>
    public bool HearsAll { get; }

    /// <summary>Its key was taken back: nothing of it is taken, and nothing answered.</summary>
    public bool IsRevoked { get; set; }

    /// <summary>In words, why a tick over its rate is refused.</summary>
    public string OverRate { get; }

    /// <summary>Ticks that came from it.</summary>
    public long Received { get; set; }

    /// <summary>Ticks of these refused for its rate.</summary>
    public long RefusedForRate { get; set; }

    /// <summary>Ticks of these, and requests, that it had no right to.</summary>
    public long NotAllowed { get; set; }

    /// <summary>How many messages of the inbox one of so many bytes counts as: 1 but for a client over its rate.
    /// </summary>
    public int WeightOf(long bytes) =>
        Rights.TicksPerSecond is not null && _bucket.IsEmpty
            ? SpentWeight + (int)Math.Min(bytes / BytesPerWeight, int.MaxValue / 4096) : 1;

    /// <summary>No tick may come now by the rate.</summary>
    public bool IsSpent(long now) => Rights.TicksPerSecond is not null && _bucket.IsEmptyAt(now);

    /// <summary>Whether a tick may come now by the rate.</summary>
    public bool TryTake(long now) => Rights.TicksPerSecond is null || _bucket.TryTake(now);

    /// <summary>Whether it may send to a stream, and ask about it.</summary>
    public bool MaySend(ReadOnlySpan<byte> stream)
    {
        if (_sendsAll)
            return true;
        foreach (var pattern in _patterns)
            if (pattern.Matches(stream))
                return true;
        return false;
    }

    /// <summary>Whether it may be told about a stream.</summary>
    public bool MayAsk(ReadOnlySpan<byte> stream)
    {
        foreach (var beginning in _hears)
            if (stream.StartsWith(beginning))
                return true;
        return MaySend(stream);
    }

    /// <summary>The sequence number that must come first after a refusal; null where nothing is owed.</summary>
    public ulong? Owed(ReadOnlySpan<byte> stream) => _owed.Count == 0 ? null : _owed.Owed(stream);

    public void Owe(ReadOnlySpan<byte> stream, ulong seq) => _owed.Owe(stream, seq);

    public void Settle(ReadOnlySpan<byte> stream) => _owed.Settle(stream);
}
