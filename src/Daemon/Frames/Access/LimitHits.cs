namespace Realtime.Daemon.Frames.Access;

/// <summary>How often limits were hit since the start. Each is written by one thread and may be read by any.</summary>
public sealed class LimitHits
{
    private long _connections;
    private long _strangers;
    private long _open;
    private long _replies;

    /// <summary>Ticks refused because their client's rate was over; written by the loop.</summary>
    public long Rate { get; set; }

    /// <summary>Ticks and requests that their client has no right to; written by the loop.</summary>
    public long NotAllowed { get; set; }

    /// <summary>Subscriptions that their client has no right to, or only to a part; written by the loop.</summary>
    public long Subscriptions { get; set; }

    /// <summary>Replies dropped because too many bytes waited for one client, or for all.</summary>
    public long Replies => Volatile.Read(ref _replies);

    /// <summary>Connections closed because there were too many.</summary>
    public long Connections => Volatile.Read(ref _connections);

    /// <summary>Handshakes that failed: no key, a wrong key, no ZeroMQ, or none in time.</summary>
    public long Strangers => Volatile.Read(ref _strangers);

    /// <summary>Connections there are now, those that have not shaken hands too.</summary>
    public long Open => Volatile.Read(ref _open);

    public void CountReply() => Interlocked.Increment(ref _replies);

    public void CountConnection() => Interlocked.Increment(ref _connections);

    public void CountStranger() => Interlocked.Increment(ref _strangers);

    public void SetOpen(long connections) => Volatile.Write(ref _open, connections);
}
