namespace Realtime.Daemon.Frames.Snapshots;

/// <summary>What a start brought back.</summary>
public sealed record RecoveryReport
{
    /// <summary>Number of the last record in the snapshot that was loaded; null where there was none.</summary>
    public ulong? Snapshot { get; init; }

    /// <summary>Records replayed behind it, and the ticks in them.</summary>
    public long Records { get; init; }

    public long Ticks { get; init; }

    /// <summary>Streams that go on as they were.</summary>
    public int Carried { get; init; }

    /// <summary>Streams that keep their count, and start anew otherwise.</summary>
    public int Cold { get; init; }

    /// <summary>Streams whose model of another shape was stepped through their last ticks.</summary>
    public int Warmed { get; init; }

    /// <summary>Streams that no model serves any more.</summary>
    public int Left { get; init; }

    /// <summary>All of it, and the loading of the snapshot alone.</summary>
    public double Seconds { get; init; }

    public double LoadSeconds { get; init; }

    /// <summary>Replayed records whose predictions came out with other bits: another model or kernel.</summary>
    public long Different { get; init; }

    /// <summary>What the operator should know: bytes cut, another kernel, models of another shape.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];
}
