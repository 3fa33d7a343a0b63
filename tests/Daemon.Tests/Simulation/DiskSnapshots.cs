using Realtime.Daemon.Frames.Snapshots;
using Realtime.Daemon.Storage;

namespace Realtime.Daemon.Tests.Simulation;

/// <summary>Writes snapshots to a disk at once, on the caller's thread.</summary>
internal sealed class DiskSnapshots(IDisk disk, JournalWriter journal) : ISnapshotStore, IDisposable
{
    private SnapshotWriter? _writer;
    private ulong _writing;

    /// <summary>None can be written.</summary>
    public bool IsDown { get; set; }

    public bool IsBusy => _writer is not null;
    public long Ended { get; private set; }
    public ulong? Number { get; private set; }
    public string? Fault => null;

    public bool TryBegin(ulong number, byte[] description)
    {
        if (IsDown)
            return false;
        journal.Rotate();
        _writing = number;
        _writer = new SnapshotWriter(disk, new SnapshotHeader(number, 1, 1, description));
        return true;
    }

    public ImageBlock? Rent() => RentNow();

    public ImageBlock RentNow() => new(64);

    public void Add(ImageBlock block) => _writer!.Write((uint)block.Kind, block.Rows, block.Written);

    public void End(int streams)
    {
        _writer!.Complete();
        _writer = null;
        Number = _writing;
        journal.Cover(_writing);
        Ended++;
    }

    public void Dispose() => _writer?.Dispose();
}
