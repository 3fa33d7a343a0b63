using Realtime.Daemon.Frames.Snapshots;

namespace Realtime.Daemon.Tests.Simulation;

/// <summary>One snapshot in memory.</summary>
internal sealed record MemorySnapshot(
    ulong Number, byte[] Description, List<(int Model, int Rows, byte[] Bytes)> Blocks, int Streams);

/// <summary>Keeps snapshots in memory; ends one when it is told to.</summary>
internal sealed class MemorySnapshots : ISnapshotStore
{
    private MemorySnapshot? _open;

    public List<MemorySnapshot> All { get; } = [];

    public bool IsBusy => _open is not null;
    public long Ended => All.Count;
    public ulong? Number => All.Count == 0 ? null : All[^1].Number;
    public string? Fault => null;

    public bool TryBegin(ulong number, byte[] description)
    {
        _open = new MemorySnapshot(number, description, [], 0);
        return true;
    }

    public ImageBlock? Rent() => new(64);

    public ImageBlock RentNow() => new(64);

    public void Add(ImageBlock block) => _open!.Blocks.Add((block.Kind, block.Rows, block.Written.ToArray()));

    public void End(int streams)
    {
        All.Add(_open! with { Streams = streams });
        _open = null;
    }
}
