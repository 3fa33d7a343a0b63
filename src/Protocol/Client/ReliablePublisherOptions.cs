using Realtime.Protocol.ZeroMq;

namespace Realtime.Protocol;

/// <summary>Where the daemon is, and the bounds of a <see cref="ReliablePublisher"/>.</summary>
public sealed record ReliablePublisherOptions
{
    public string Requests { get; init; } = "tcp://127.0.0.1:5571";

    /// <summary>Ticks that may wait for their acknowledgement.</summary>
    public int WindowTicks { get; init; } = 8192;

    /// <summary>Bytes, as encoded, that may wait for their acknowledgement.</summary>
    public long WindowBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Ticks in one message at most.</summary>
    public int BatchTicks { get; init; } = 256;

    /// <summary>Messages without a reply at most. Until there are so many a tick is sent at once; after that ticks
    /// gather and go together in the next message.</summary>
    public int MessagesInFlight { get; init; } = 16;

    /// <summary>Whether predictions are asked back; <see cref="ReliablePublisher.Predicted"/> gives them.</summary>
    public bool Reply { get; init; }

    /// <summary>How long <see cref="ReliablePublisher.Publish"/> waits for room in the window.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A message without a reply for so long is taken as lost, and so is its connection.</summary>
    public TimeSpan ReplyTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The pause before a refused tick is sent again; doubles, up to <see cref="DelayMaximum"/>.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The time that the first attempt to connect has; doubles, up to <see cref="DelayMaximum"/>.</summary>
    public TimeSpan ReconnectDelay { get; init; } = TimeSpan.FromMilliseconds(50);

    public TimeSpan DelayMaximum { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Keys of this client, where the daemon asks for them; null for plain connections.</summary>
    public ZmqCurveKeys? Keys { get; init; }

    /// <summary>The daemon's public CURVE key, 40 characters of Z85; needed with <see cref="Keys"/>.</summary>
    public string? ServerKey { get; init; }

    internal void Check()
    {
        ArgumentException.ThrowIfNullOrEmpty(Requests);
        ArgumentOutOfRangeException.ThrowIfLessThan(WindowTicks, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(WindowBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchTicks, 1);
        // The daemon drops replies past some thousands that wait for one client.
        ArgumentOutOfRangeException.ThrowIfLessThan(MessagesInFlight, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MessagesInFlight, 1000);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(ReplyTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(RetryDelay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(ReconnectDelay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(DelayMaximum, ReconnectDelay);
    }
}
