using Realtime.Daemon.Frames.Tracing;
using Realtime.Daemon.Recovery;

namespace Realtime.Daemon.Telemetry;

/// <summary>What is counted on other threads than the loop's.</summary>
internal sealed class Vitals
{
    /// <summary>Null where state lives in memory only.</summary>
    public SnapshotMeter? Snapshots { get; init; }

    /// <summary>How far a start has come with what it brings back; null where there is nothing.</summary>
    public RecoveryProgress? Recovery { get; init; }

    /// <summary>Ticks that were traced, and could not be; null where none is.</summary>
    public TraceRing? Traces { get; init; }
}
