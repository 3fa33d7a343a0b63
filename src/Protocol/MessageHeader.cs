namespace Realtime.Protocol;

/// <summary>What a payload is.</summary>
public enum PayloadKind : byte
{
    /// <summary>Not well-formed MessagePack, or none of the protocol's forms.</summary>
    Malformed,

    /// <summary>An array with a leading number that this version does not know.</summary>
    Unsupported,

    /// <summary>One tick, as a map or an array.</summary>
    Tick,

    /// <summary>Any number of ticks.</summary>
    Batch,

    /// <summary>A map with <c>op</c> and no values.</summary>
    Control,
}

/// <summary>A payload's kind, and what concerns it as a whole.</summary>
public struct MessageHeader
{
    public PayloadKind Kind { get; set; }

    /// <summary>How many ticks it holds.</summary>
    public int Count { get; set; }

    /// <summary>The offset of the first tick, for <c>TickReader.TryReadTick</c>.</summary>
    public int Cursor { get; set; }

    /// <summary>Whether predictions are wanted in the reply.</summary>
    public bool Reply { get; set; }

    /// <summary>The element that comes back in the reply, as it is; empty where there is none.</summary>
    public Slice Rid { get; set; }

    /// <summary>The name of a control request, as UTF-8.</summary>
    public Slice Op { get; set; }

    /// <summary>Where the elements of a single tick lie, which the header's checks found on their way.</summary>
    internal TickFields Fields;

    /// <summary>The layout that all ticks of a batch were found to have; of no meaning where there is none.</summary>
    internal TickShapes.Found Shape;

    /// <summary>For <see cref="PayloadKind.Malformed"/> and <see cref="PayloadKind.Unsupported"/>: what was found
    /// and what was expected.</summary>
    public string? Fault { get; set; }
}
