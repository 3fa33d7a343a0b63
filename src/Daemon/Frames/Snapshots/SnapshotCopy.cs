using System.Text;

namespace Realtime.Daemon.Frames.Snapshots;

/// <summary>Where a snapshot goes; takes its blocks on another thread.</summary>
public interface ISnapshotStore
{
    /// <summary>Begins a snapshot of the world as it is after a record of the journal; on the loop's thread.</summary>
    /// <returns>False where none can be begun now; <see cref="Fault"/> says why.</returns>
    bool TryBegin(ulong number, byte[] description);

    /// <summary>An empty block; null while the last ones are still being written.</summary>
    ImageBlock? Rent();

    /// <summary>The same for what can't wait.</summary>
    ImageBlock RentNow();

    void Add(ImageBlock block);

    /// <summary>All blocks are there: make it durable.</summary>
    void End(int streams);

    /// <summary>Whether a snapshot that was begun is neither durable nor given up.</summary>
    bool IsBusy { get; }

    /// <summary>Snapshots ended since the start, good or not.</summary>
    long Ended { get; }

    /// <summary>Number of the last record in the newest durable snapshot; null before the first.</summary>
    ulong? Number { get; }

    /// <summary>Why the last snapshot failed; null where it did not.</summary>
    string? Fault { get; }
}

/// <summary>
/// Copies the world between frames, some rows at a time; a row that is about to change is copied first, so that the
/// copy is the world of one moment.
/// </summary>
/// <param name="world">What is copied.</param>
/// <param name="store">Where it goes.</param>
/// <param name="description">Of models and engine; heads the snapshot.</param>
/// <param name="sliceBytes">Bytes copied between two frames, at least one row.</param>
public sealed class SnapshotCopy(World world, ISnapshotStore store, byte[] description, int sliceBytes)
{
    /// <summary>In place of a model's index: names of streams without a row, and what they owe. Files mark their end by
    /// -1.</summary>
    public const int RefusedBlock = int.MaxValue;

    private const int BlockBytes = 200 * 1024;

    private byte[] _description = description;
    private ImageBlock?[] _open = new ImageBlock?[world.Models.Count];
    private ulong[] _copied = [];
    private int _end;
    private int _next;
    private int _streams;

    /// <summary>Rows are left to copy.</summary>
    public bool IsCopying { get; private set; }

    /// <summary>The world has other models from here on; none of it is being copied.</summary>
    public void Describe(byte[] description)
    {
        if (IsCopying)
            throw new InvalidOperationException("a copy is under way");
        _description = description;
        _open = new ImageBlock?[world.Models.Count];
    }

    /// <summary>Begins a copy of the world as it is now.</summary>
    public bool TryBegin()
    {
        if (IsCopying || store.IsBusy || !store.TryBegin(world.Changes.Written, _description))
            return false;
        _end = world.Streams.End;
        _next = _streams = 0;
        if (_copied.Length < (_end + 63) / 64)
            _copied = new ulong[(_end + 63) / 64 * 2];
        _copied.AsSpan().Clear();
        IsCopying = true;
        if (world.Refused.Count != 0)
            CopyRefused();
        return true;
    }

    /// <summary>Must be called before anything of a row changes, its removal included.</summary>
    public void BeforeChange(int row)
    {
        if (!IsCopying || row >= _end || IsDone(row))
            return;
        var model = world.Streams[row].Model;
        Copy(row, _open[model] ??= Begin(store.RentNow(), model));
    }

    /// <summary>A row that was free at the start of the copy, and is in use now, is none of its streams.</summary>
    public void Skip(int row)
    {
        if (IsCopying && row < _end)
            MarkDone(row);
    }

    /// <summary>Copies the next rows; between two frames.</summary>
    public void RunSlice()
    {
        if (!IsCopying)
            return;
        for (var bytes = 0; _next < _end && bytes < sliceBytes; _next++)
        {
            if (IsDone(_next) || !world.Streams.IsUsed(_next))
                continue;
            var model = world.Streams[_next].Model;
            if (_open[model] is null)
            {
                if (store.Rent() is not { } block)
                    return;
                _open[model] = Begin(block, model);
            }

            bytes += Copy(_next, _open[model]!);
        }

        if (_next == _end)
            End();
    }

    private void CopyRefused()
    {
        var block = Begin(store.RentNow(), RefusedBlock);
        foreach (var (name, seq) in world.Refused.All)
        {
            var bytes = Encoding.UTF8.GetBytes(name);
            block.Write(seq);
            block.Write((ushort)bytes.Length);
            block.Write<byte>(bytes);
        }

        store.Add(block);
    }

    private ImageBlock Begin(ImageBlock block, int model)
    {
        block.Begin(model, model != RefusedBlock && world.Models[model].Online is not null);
        return block;
    }

    private bool IsDone(int row) => (_copied[row >> 6] & 1UL << row) != 0;

    private void MarkDone(int row) => _copied[row >> 6] |= 1UL << row;

    private int Copy(int row, ImageBlock block)
    {
        var start = block.Length;
        StreamImage.Write(world, row, block);
        MarkDone(row);
        _streams++;
        var bytes = block.Length - start;
        if (block.Length >= BlockBytes)
        {
            _open[block.Model] = null;
            store.Add(block);
        }

        return bytes;
    }

    private void End()
    {
        for (var model = 0; model < _open.Length; model++)
        {
            if (_open[model] is { } block)
                store.Add(block);
            _open[model] = null;
        }

        IsCopying = false;
        store.End(_streams);
    }
}
