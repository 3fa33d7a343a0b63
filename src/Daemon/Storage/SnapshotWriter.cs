namespace Realtime.Daemon.Storage;

/// <summary>Writes a snapshot, block by block. It is there under its name once <see cref="Complete"/> came back, and
/// then it is durable; until then it is no snapshot.</summary>
public sealed class SnapshotWriter : IDisposable
{
    private const int BufferBytes = 1 << 20;

    private readonly IDisk _disk;
    private readonly IDiskFile _file;
    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _filled;
    private long _written;
    private ulong _blocks;
    private ulong _rows;
    private uint _chain;
    private bool _isComplete;

    /// <exception cref="IOException">The disk refuses; so from all its methods.</exception>
    public SnapshotWriter(IDisk disk, SnapshotHeader header)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(header.Description.Length, SegmentHeader.LargestDescription);
        _disk = disk;
        Name = StateFiles.SnapshotName(header.Number);
        _file = disk.Create(StateFiles.UnfinishedName(Name));
        Put(header.ToBytes());
    }

    /// <summary>Of the file when it is complete.</summary>
    public string Name { get; }

    /// <summary>Bytes so far.</summary>
    public long Bytes => _written + _filled;

    /// <param name="kind">What the block holds; any number but the greatest.</param>
    /// <param name="rows">How many rows are in it.</param>
    /// <param name="payload">What is in it.</param>
    public void Write(uint kind, int rows, ReadOnlySpan<byte> payload)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(kind, SnapshotBlock.Footer);
        WriteBlock(kind, (uint)rows, payload);
        _blocks++;
        _rows += (uint)rows;
    }

    public void Complete()
    {
        WriteBlock(SnapshotBlock.Footer, 0, SnapshotBlock.FooterBytes(_blocks, _rows, _chain));
        Empty();
        _file.Sync();
        _file.Dispose();
        _disk.Rename(StateFiles.UnfinishedName(Name), Name);
        _disk.SyncDirectory();
        _isComplete = true;
    }

    /// <summary>Deletes what is not complete.</summary>
    public void Dispose()
    {
        if (_isComplete)
            return;
        _isComplete = true;
        _file.Dispose();
        try
        {
            _disk.Delete(StateFiles.UnfinishedName(Name));
        }
        catch (IOException)
        {
            // The next start deletes it.
        }
    }

    private void WriteBlock(uint kind, uint rows, ReadOnlySpan<byte> payload)
    {
        Span<byte> head = stackalloc byte[SnapshotBlock.Bytes];
        _chain = SnapshotBlock.Chain(_chain, SnapshotBlock.Write(head, kind, rows, payload));
        Put(head);
        Put(payload);
        Span<byte> padding = stackalloc byte[8];
        padding.Clear();
        Put(padding[..(SegmentHeader.Align(payload.Length) - payload.Length)]);
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > BufferBytes - _filled)
            Empty();
        if (bytes.Length >= BufferBytes)
        {
            _file.Write(bytes, _written);
            _written += bytes.Length;
            return;
        }

        bytes.CopyTo(_buffer.AsSpan(_filled));
        _filled += bytes.Length;
    }

    private void Empty()
    {
        _file.Write(_buffer.AsSpan(0, _filled), _written);
        _written += _filled;
        _filled = 0;
    }
}
