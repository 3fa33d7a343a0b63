using System.Buffers.Binary;

namespace Realtime.Daemon.Storage;

/// <summary>Reads a snapshot, block by block, and checks all of it.</summary>
/// <remarks>Only when <see cref="Read"/> has given false is the snapshot known to be whole: what was read before a
/// <see cref="SnapshotCorruptException"/> is not to be used.</remarks>
public sealed class SnapshotReader : IDisposable
{
    private const int BufferBytes = 1 << 20;

    private readonly IDiskFile _file;
    private readonly long _length;
    private byte[] _buffer = new byte[BufferBytes];
    private long _start;
    private int _filled;
    private long _place;
    private int _payload;
    private SnapshotBlock _block;
    private uint _chain;
    private bool _isAtEnd;

    /// <exception cref="IOException">It can't be read; so from all its methods.</exception>
    /// <exception cref="SnapshotCorruptException">The header is damaged.</exception>
    public SnapshotReader(IDisk disk, string name)
    {
        _file = disk.Open(name);
        try
        {
            _length = _file.Length;
            Header = SnapshotHeader.Read(_file, out var bytes);
            _place = bytes;
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    public SnapshotHeader Header { get; }

    /// <summary>Of the block read last.</summary>
    public uint Kind => _block.Kind;

    /// <summary>In the block read last.</summary>
    public int Rows => (int)_block.Count;

    /// <summary>Of the block read last; valid until the next <see cref="Read"/>.</summary>
    public ReadOnlySpan<byte> Payload => _buffer.AsSpan(_payload, (int)_block.Length);

    /// <summary>Blocks read so far.</summary>
    public ulong Blocks { get; private set; }

    /// <summary>Rows in the blocks read so far.</summary>
    public ulong TotalRows { get; private set; }

    /// <summary>What is wrong with a snapshot; null where it is whole.</summary>
    public static SnapshotCorruptException? Check(IDisk disk, string name)
    {
        try
        {
            using var reader = new SnapshotReader(disk, name);
            while (reader.Read())
            {
            }

            return null;
        }
        catch (SnapshotCorruptException e)
        {
            return e;
        }
    }

    /// <summary>Goes to the next block; false behind the last one.</summary>
    /// <exception cref="SnapshotCorruptException">It is not as it was written.</exception>
    public bool Read()
    {
        if (_isAtEnd)
            return false;
        var head = At(_place, SnapshotBlock.Bytes);
        if (head.Length < SnapshotBlock.Bytes)
            throw Corrupt(_place, "the end of the file", "a block");
        _block = SnapshotBlock.Read(head);
        var padded = (_block.Length + 7L) & ~7L;
        if (padded > _length - _place - SnapshotBlock.Bytes || padded > Array.MaxLength - SnapshotBlock.Bytes - 8)
            throw Corrupt(_place, $"a block of {_block.Length} bytes", "one that fits the file");
        var whole = At(_place, SnapshotBlock.Bytes + (int)padded);
        var payload = whole.Slice(SnapshotBlock.Bytes, (int)_block.Length);
        var crc = SnapshotBlock.Checksum(whole, payload);
        if (crc != _block.Crc)
            throw Corrupt(_place, $"a block with checksum {crc:x8}", $"{_block.Crc:x8}");
        if (whole[(SnapshotBlock.Bytes + payload.Length)..].ContainsAnyExcept((byte)0))
            throw Corrupt(_place + SnapshotBlock.Bytes + payload.Length, "padding that is not zero", "zeros");
        if (_block.Kind == SnapshotBlock.Footer)
            return End(payload);
        _payload = (int)(_place - _start) + SnapshotBlock.Bytes;
        _place += whole.Length;
        _chain = SnapshotBlock.Chain(_chain, crc);
        Blocks++;
        TotalRows += _block.Count;
        return true;
    }

    public void Dispose() => _file.Dispose();

    private bool End(ReadOnlySpan<byte> payload)
    {
        var expected = SnapshotBlock.FooterBytes(Blocks, TotalRows, _chain);
        if (_block.Count != 0 || !payload.SequenceEqual(expected))
        {
            var blocks = payload.Length < 16 ? 0 : BinaryPrimitives.ReadUInt64LittleEndian(payload);
            var rows = payload.Length < 16 ? 0 : BinaryPrimitives.ReadUInt64LittleEndian(payload[8..]);
            throw Corrupt(
                _place, $"{Blocks} blocks with {TotalRows} rows, or other ones",
                $"{blocks} blocks with {rows} rows as the footer has");
        }

        var end = _place + SnapshotBlock.Bytes + payload.Length;
        if (end != _length)
            throw Corrupt(end, $"{_length - end} bytes behind the footer", "the end of the file");
        _isAtEnd = true;
        return false;
    }

    private SnapshotCorruptException Corrupt(long offset, string found, string expected) =>
        new(_file.Name, offset, found, expected);

    private ReadOnlySpan<byte> At(long offset, int count)
    {
        count = (int)Math.Clamp(_length - offset, 0, count);
        if (offset < _start || offset + count > _start + _filled)
        {
            if (count > _buffer.Length)
                _buffer = new byte[count];
            _start = offset;
            _filled = _file.Read(_buffer, offset);
        }

        return _buffer.AsSpan((int)(offset - _start), Math.Clamp(_filled - (int)(offset - _start), 0, count));
    }
}
