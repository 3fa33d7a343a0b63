using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Snapshots;

namespace Realtime.Daemon.Tests.Simulation;

/// <summary>Passes records on to a journal.</summary>
internal class JournalSeam(IJournal journal) : IJournal
{
    public bool Records => journal.Records;

    public ulong Written => journal.Written;

    public virtual ulong Durable => journal.Durable;

    public string? Fault => journal.Fault;

    public string? Warning => journal.Warning;

    public bool CanTake(long bytes) => journal.CanTake(bytes);

    public virtual void Append(in FrameRecord record) => journal.Append(in record);

    public bool TryReopen() => journal.TryReopen();

    public void Describe(byte[] description) => journal.Describe(description);
}

/// <summary>Passes blocks on to a store.</summary>
internal class SnapshotSeam(ISnapshotStore store) : ISnapshotStore
{
    public bool IsBusy => store.IsBusy;

    public long Ended => store.Ended;

    public ulong? Number => store.Number;

    public string? Fault => store.Fault;

    public virtual bool TryBegin(ulong number, byte[] description) => store.TryBegin(number, description);

    public ImageBlock? Rent() => store.Rent();

    public virtual ImageBlock RentNow() => store.RentNow();

    public virtual void Add(ImageBlock block) => store.Add(block);

    public void End(int streams) => store.End(streams);
}

/// <summary>Writes the history of what the world hands over.</summary>
internal sealed class HistoryJournal(DurableHistory history, IJournal journal) : JournalSeam(journal)
{
    public override void Append(in FrameRecord record)
    {
        var before = history.OfFrame.Count;
        history.Add(in record);
        base.Append(in record);
        // What could not be recorded is not published.
        if (Fault is not null)
            history.OfFrame.RemoveRange(before, history.OfFrame.Count - before);
    }
}

/// <summary>Tells when a snapshot begins.</summary>
internal sealed class ToldSnapshots(ISnapshotStore store, Action<ulong> begun) : SnapshotSeam(store)
{
    public override bool TryBegin(ulong number, byte[] description)
    {
        var hasBegun = base.TryBegin(number, description);
        if (hasBegun)
            begun(number);
        return hasBegun;
    }
}

/// <summary>A planted fault: what of the daemon is replaced.</summary>
internal sealed record DurableMutation
{
    public Func<IJournal, IJournal> Journal { get; init; } = static journal => journal;

    public Func<ISnapshotStore, ISnapshotStore> Store { get; init; } = static store => store;

    /// <summary>Does something to the disk between two lives.</summary>
    public Action<SimulatedDisk> BetweenLives { get; init; } = static _ => { };

    /// <summary>Does something to the world that was brought back.</summary>
    public Action<World> Recovered { get; init; } = static _ => { };

    /// <summary>Rows that change are not copied before.</summary>
    public bool ForgetsChanges { get; init; }
}
