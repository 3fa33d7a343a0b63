namespace Realtime.Protocol;

/// <summary>One tick, as offsets into its payload; <c>TickReader.ReadValues</c> reads the values.</summary>
public struct Tick
{
    /// <summary>The stream's name as UTF-8; empty where it has an id, or is left to the topic.</summary>
    public Slice Stream { get; set; }

    /// <summary>Whether the stream was given as a number.</summary>
    public bool HasId { get; set; }
    public ulong Id { get; set; }

    public bool HasSeq { get; set; }
    public ulong Seq { get; set; }

    public bool HasRun { get; set; }
    public ulong Run { get; set; }

    public bool HasTime { get; set; }

    /// <summary>Nanoseconds since 1970.</summary>
    public long Time { get; set; }

    /// <summary>The offset of the values' element; -1 where there is none.</summary>
    public int Values { get; set; }

    /// <summary>The offset of the bytes of a float64 that is the only value; 0 where there is none such.</summary>
    internal int Only;

    /// <summary>A W3C traceparent; empty where there is none, or none of printable ASCII.</summary>
    public Slice Trace { get; set; }

    public bool Reply { get; set; }

    /// <summary>The element that comes back in the reply, as it is.</summary>
    public Slice Rid { get; set; }
}
