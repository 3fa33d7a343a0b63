namespace Realtime.Protocol;

/// <summary>What can happen to a stream besides a prediction.</summary>
public enum StreamEventKind : byte
{
    Gap,
    Reset,
    Evicted,
    Forgotten,
    Restored,
    Warmed,
    Stalled,
    Rejected,

    /// <summary>Published under <see cref="Topic.Anomaly"/>, with a score.</summary>
    Anomaly,

    /// <summary>A model is stepped by another engine or kernel: of no stream, under the topic <c>e/</c>.</summary>
    Engine,
}

public static class StreamEventKinds
{
    /// <summary>The event's name on the wire, as UTF-8.</summary>
    public static ReadOnlySpan<byte> Name(this StreamEventKind kind) => kind switch
    {
        StreamEventKind.Gap => "gap"u8,
        StreamEventKind.Reset => "reset"u8,
        StreamEventKind.Evicted => "evicted"u8,
        StreamEventKind.Forgotten => "forgotten"u8,
        StreamEventKind.Restored => "restored"u8,
        StreamEventKind.Warmed => "warmed"u8,
        StreamEventKind.Stalled => "stalled"u8,
        StreamEventKind.Rejected => "rejected"u8,
        StreamEventKind.Anomaly => "anomaly"u8,
        StreamEventKind.Engine => "engine"u8,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "not an event of the protocol"),
    };
}
