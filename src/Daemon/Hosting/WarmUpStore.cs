using Realtime.Daemon.Frames.Snapshots;

namespace Realtime.Daemon.Hosting;

/// <summary>Takes snapshots, and keeps nothing of them.</summary>
internal sealed class WarmUpStore : ISnapshotStore, IDisposable
{
    private readonly ImageBlock _block = new();

    public bool IsBusy => false;

    public long Ended { get; private set; }

    public ulong? Number => null;

    public string? Fault => null;

    public bool TryBegin(ulong number, byte[] description) => true;

    // One is copied into, and given back, at a time: there is one model.
    public ImageBlock? Rent() => _block;

    public ImageBlock RentNow() => _block;

    public void Add(ImageBlock block)
    {
    }

    public void End(int streams) => Ended++;

    public void Dispose() => _block.Dispose();
}
