using Realtime.Daemon.Frames.Meters;

namespace Realtime.Daemon.Frames.Tracing;

/// <summary>What is recorded of a sampled tick; times are nanoseconds of the stopwatch.</summary>
public struct TracedTick
{
    /// <summary>Its trace, its own span, and its flags.</summary>
    public TraceParent Own;

    /// <summary>The span it comes from; 0 where it began the trace.</summary>
    public ulong Parent;

    public ModelMeters Model;
    public byte[] Stream;
    public ulong Seq;

    /// <summary>The prediction socket would not take the prediction.</summary>
    public bool IsDropped;

    /// <summary>The clock at its receipt, ns since 1970.</summary>
    public long WallReceived;

    /// <summary>When it was received, the stages of its frame ended, and its prediction was handed over.</summary>
    public long Received;
    public long Ingested;
    public long Decoded;
    public long Stepped;
    public long Journalled;
    public long HandedOver;
}
