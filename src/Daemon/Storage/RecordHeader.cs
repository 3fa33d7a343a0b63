using System.Buffers.Binary;

namespace Realtime.Daemon.Storage;

/// <summary>The head of a record: length and checksum of its payload, its number, and how far the disk was known to
/// have the journal.</summary>
/// <param name="Length">Of the payload in bytes, a multiple of 8; 0 in the footer of a segment.</param>
/// <param name="Crc">Over length, number, durable and payload.</param>
/// <param name="Number">Of the record; in a footer the number of the next record.</param>
/// <param name="Durable">Number of the last record known durable when this was written.</param>
internal readonly record struct RecordHeader(uint Length, uint Crc, ulong Number, ulong Durable)
{
    public const int Bytes = 24;

    /// <summary>Bytes that a disk writes whole or not at all.</summary>
    public const int Sector = 512;

    /// <summary>Room kept free at the end of a segment: a footer and the zeros before it.</summary>
    public const int FooterReserve = 48;

    public bool IsZero => this == default;

    public bool IsFooter => Length == 0 && !IsZero;

    public static RecordHeader Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt32LittleEndian(bytes), BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]), BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]));

    /// <summary>Writes the head before a payload that is in place.</summary>
    public static void Write(Span<byte> record, ulong number, ulong durable)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(record, (uint)(record.Length - Bytes));
        BinaryPrimitives.WriteUInt64LittleEndian(record[8..], number);
        BinaryPrimitives.WriteUInt64LittleEndian(record[16..], durable);
        BinaryPrimitives.WriteUInt32LittleEndian(record[4..], Checksum(record));
    }

    /// <summary>Of a whole record, its own checksum left out.</summary>
    public static uint Checksum(ReadOnlySpan<byte> record) =>
        Crc32C.Append(Crc32C.Of(record[..4]), record[8..]);

    /// <summary>Where the footer goes after content that ends at the offset: it never crosses a sector's edge, so that
    /// it is there whole or not at all.</summary>
    public static long FooterOffset(long end)
    {
        var left = Sector - (end % Sector);
        return left < Bytes ? end + left : end;
    }

    public static void WriteFooter(IDiskFile file, long end, ulong next, ulong durable)
    {
        Span<byte> footer = stackalloc byte[Bytes];
        Write(footer, next, durable);
        file.Write(footer, FooterOffset(end));
    }
}
