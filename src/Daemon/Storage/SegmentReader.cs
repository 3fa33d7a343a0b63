namespace Realtime.Daemon.Storage;

/// <summary>What stands at a place of a segment.</summary>
internal enum RecordState
{
    Whole,
    Footer,

    /// <summary>Nothing was written here, or what was written is lost.</summary>
    Zero,

    Bad,
}

/// <summary>Reads one segment through a window that it keeps.</summary>
internal sealed class SegmentReader : IDisposable
{
    private const int WindowBytes = 1 << 20;

    private readonly IDiskFile _file;
    private byte[] _window = [];
    private long _start;
    private int _filled;

    public SegmentReader(IDisk disk, StateFile file)
    {
        First = file.Number;
        _file = disk.Open(file.Name);
        try
        {
            Length = _file.Length;
            Header = SegmentHeader.Read(_file, file.Number, out var found, out var expected);
            (Found, Expected) = (found, expected);
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    public string Name => _file.Name;

    /// <summary>As its name says.</summary>
    public ulong First { get; }

    public long Length { get; }

    /// <summary>Null where it is damaged.</summary>
    public SegmentHeader? Header { get; }

    /// <summary>What was found where the last look was not at a whole record.</summary>
    public string Found { get; private set; }

    public string Expected { get; private set; }

    /// <summary>Where the record looked at last begins; for a footer behind zeros, the footer.</summary>
    public long Offset { get; private set; }

    public RecordHeader Record { get; private set; }

    /// <summary>Of the whole record looked at last; valid until the next look.</summary>
    public ReadOnlySpan<byte> Payload => At(Offset + RecordHeader.Bytes, (int)Record.Length);

    /// <summary>The end of the record looked at last.</summary>
    public long End => Offset + RecordHeader.Bytes + Record.Length;

    /// <summary>Closed cleanly, or cut at a later start: the content was synced and ends with a footer.</summary>
    public bool IsCut => Header is not null && Length < Header.Size;

    /// <summary>Looks at the record that begins at the offset.</summary>
    public RecordState Look(long offset, ulong expected)
    {
        var footer = RecordHeader.FooterOffset(offset);
        if (footer == offset || At(offset, (int)(footer - offset)).ContainsAnyExcept((byte)0)
            || LookAt(footer, expected) != RecordState.Footer)
            return LookAt(offset, expected);
        return RecordState.Footer;
    }

    /// <summary>Whether a whole record or footer with that header stands at the offset.</summary>
    public bool IsWhole(long offset, in RecordHeader header)
    {
        if (header.IsZero || header.Length % 8 != 0 || header.Durable >= header.Number
            || (header.Length is > 0 and < RecordEncoder.PayloadHeader)
            || header.Length > Length - offset - RecordHeader.Bytes)
            return false;
        var whole = At(offset, RecordHeader.Bytes + (int)header.Length);
        return RecordHeader.Checksum(whole) == header.Crc;
    }

    /// <summary>So many bytes of the file, fewer at its end; valid until the next call.</summary>
    public ReadOnlySpan<byte> At(long offset, int count)
    {
        count = (int)Math.Clamp(Length - offset, 0, count);
        if (offset < _start || offset + count > _start + _filled)
            Fill(offset, count);
        return _window.AsSpan((int)(offset - _start), (int)Math.Clamp(_start + _filled - offset, 0, count));
    }

    public void Dispose() => _file.Dispose();

    private RecordState LookAt(long offset, ulong expected)
    {
        Offset = offset;
        var bytes = At(offset, RecordHeader.Bytes);
        if (bytes.Length < RecordHeader.Bytes)
        {
            Record = default;
            return bytes.ContainsAnyExcept((byte)0)
                ? Bad($"{bytes.Length} bytes at the end", "a record or zeros") : Zero("the end of the file");
        }

        Record = RecordHeader.Read(bytes);
        if (Record.IsZero)
            return Zero("zeros");
        if (!IsWhole(offset, Record))
            return Bad("a record whose length, number or checksum does not fit", $"record {expected}");
        if (Record.Number != expected)
            return Bad($"record {Record.Number}", $"record {expected}");
        return Record.IsFooter ? RecordState.Footer : RecordState.Whole;
    }

    private RecordState Zero(string found)
    {
        (Found, Expected) = (found, "a record or a footer");
        return RecordState.Zero;
    }

    private RecordState Bad(string found, string expected)
    {
        (Found, Expected) = (found, expected);
        return RecordState.Bad;
    }

    // The window begins at a multiple of 8, so that values in it are aligned.
    private void Fill(long offset, int count)
    {
        var start = offset & ~7L;
        var bytes = count + (int)(offset - start);
        if (bytes > _window.Length)
            _window = new byte[Math.Max(bytes, (int)Math.Min(WindowBytes, Math.Max(Length, 8)))];
        (_start, _filled) = (start, 0);
        _filled = _file.Read(_window, start);
    }
}
