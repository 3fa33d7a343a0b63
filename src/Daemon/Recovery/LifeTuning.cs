using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Snapshots;

namespace Realtime.Daemon.Recovery;

/// <summary>What a simulation of <see cref="DurableLife"/> changes: no threads, small sizes, ports it listens at.
/// </summary>
internal sealed record LifeTuning
{
    /// <summary>False: the work of journal and snapshots is done by their <c>Work</c>.</summary>
    public bool HasThreads { get; init; } = true;

    /// <summary>Null: as the disk has room.</summary>
    public long? SegmentBytes { get; init; }

    /// <summary>Bytes of a snapshot copied between two frames.</summary>
    public int SliceBytes { get; init; } = Snapshotter.SliceBytes;

    /// <summary>Ticks replayed together.</summary>
    public int Together { get; init; } = 1024;

    /// <summary>What the world records to.</summary>
    public Func<IJournal, IJournal> Journal { get; init; } = static journal => journal;

    /// <summary>Where the world is copied to.</summary>
    public Func<ISnapshotStore, ISnapshotStore> Store { get; init; } = static store => store;
}
