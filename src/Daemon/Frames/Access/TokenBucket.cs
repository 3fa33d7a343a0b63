namespace Realtime.Daemon.Frames.Access;

/// <summary>
/// A rate with a burst of one second: a tick takes a token, tokens come back evenly, and never more than a second's
/// worth of them lies there.
/// </summary>
/// <remarks>Whole numbers throughout, in units of a token over the nanoseconds of a second.</remarks>
public struct TokenBucket
{
    private const long Second = 1_000_000_000;

    private readonly long _rate;
    private long _level;
    private long _at;

    /// <param name="rate">Tokens per second, 1 to a thousand million.</param>
    /// <param name="now">The clock in nanoseconds; the bucket is full then.</param>
    public TokenBucket(int rate, long now)
    {
        _rate = rate;
        _level = rate * Second;
        _at = now;
    }

    /// <summary>No token was there when last asked.</summary>
    public readonly bool IsEmpty => _level < Second;

    /// <summary>No token is there now.</summary>
    public bool IsEmptyAt(long now)
    {
        Refill(now);
        return IsEmpty;
    }

    /// <summary>Takes a token; false where none is there.</summary>
    public bool TryTake(long now)
    {
        Refill(now);
        if (IsEmpty)
            return false;
        _level -= Second;
        return true;
    }

    // A clock that was set back gives nothing, and counts on from where it is.
    private void Refill(long now)
    {
        var passed = now - _at;
        _at = now;
        if (passed >= Second)
            _level = _rate * Second;
        else if (passed > 0)
            _level = Math.Min(_rate * Second, _level + passed * _rate);
    }
}
