namespace Realtime.Protocol;

/// <summary>Where a daemon is, and how long to wait for it.</summary>
public sealed record RealtimeClientOptions
{
    public string Ingest { get; init; } = "tcp://127.0.0.1:5570";
    public string Requests { get; init; } = "tcp://127.0.0.1:5571";
    public string Predictions { get; init; } = "tcp://127.0.0.1:5572";

    /// <summary>How long a send or a request may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Keys of this client, where the daemon asks for them; null for plain connections.</summary>
    public Realtime.Protocol.ZeroMq.ZmqCurveKeys? Keys { get; init; }

    /// <summary>The daemon's public CURVE key, 40 characters of Z85; needed with <see cref="Keys"/>.</summary>
    public string? ServerKey { get; init; }
}
