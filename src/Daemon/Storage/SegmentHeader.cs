using System.Buffers.Binary;

namespace Realtime.Daemon.Storage;

/// <summary>The head of a segment of the journal.</summary>
/// <param name="First">Number of its first record.</param>
/// <param name="Created">Time of the last record before it, or of the start, ns since 1970.</param>
/// <param name="Epoch">The daemon's start that wrote it.</param>
/// <param name="Durable">Number of the last record known durable when it was begun.</param>
/// <param name="Size">Bytes preallocated; a file that is shorter was closed cleanly.</param>
/// <param name="BeginsAnew">It does not continue the segment before it: records between them were lost to trouble with
/// the disk, and only a snapshot leads here.</param>
/// <param name="Description">What the records' results depend on besides them: program, engine, kernel, models.</param>
public sealed record SegmentHeader(
    ulong First, long Created, ulong Epoch, ulong Durable, long Size, bool BeginsAnew, byte[] Description)
{
    public const uint Version = 1;

    internal const int FixedBytes = 64;
    internal const int LargestDescription = 16 << 20;

    private const int AnewFlag = 1;

    private static ReadOnlySpan<byte> Magic => "RTJRNL1\n"u8;

    /// <summary>Bytes of the header in the file; a multiple of 8.</summary>
    public int Bytes => BytesOf(Description.Length);

    internal static int BytesOf(int description) => FixedBytes + Align(description) + 8;

    internal byte[] ToBytes()
    {
        var bytes = new byte[Bytes];
        var head = bytes.AsSpan();
        Magic.CopyTo(head);
        BinaryPrimitives.WriteUInt32LittleEndian(head[8..], Version);
        BinaryPrimitives.WriteUInt32LittleEndian(head[12..], (uint)Description.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(head[16..], First);
        BinaryPrimitives.WriteInt64LittleEndian(head[24..], Created);
        BinaryPrimitives.WriteUInt64LittleEndian(head[32..], Epoch);
        BinaryPrimitives.WriteUInt64LittleEndian(head[40..], Durable);
        BinaryPrimitives.WriteInt64LittleEndian(head[48..], Size);
        BinaryPrimitives.WriteUInt64LittleEndian(head[56..], BeginsAnew ? AnewFlag : 0UL);
        Description.CopyTo(head[FixedBytes..]);
        var end = Bytes - 8;
        BinaryPrimitives.WriteUInt32LittleEndian(head[end..], Crc32C.Of(head[..end]));
        return bytes;
    }

    /// <summary>Null where the file does not begin with a whole header; the texts say why then.</summary>
    internal static SegmentHeader? Read(IDiskFile file, ulong first, out string found, out string expected)
    {
        Span<byte> head = stackalloc byte[FixedBytes];
        (found, expected) = ("", "");
        if (file.Read(head, 0) < FixedBytes)
            return Bad($"{file.Length} bytes", $"a header of at least {FixedBytes + 8} bytes", out found, out expected);
        if (!head[..8].SequenceEqual(Magic))
            return Bad(Convert.ToHexString(head[..8]), "the magic RTJRNL1", out found, out expected);
        var version = BinaryPrimitives.ReadUInt32LittleEndian(head[8..]);
        if (version != Version)
            return Bad($"format version {version}", $"version {Version}", out found, out expected);
        var length = BinaryPrimitives.ReadUInt32LittleEndian(head[12..]);
        if (length > LargestDescription || BytesOf((int)length) > file.Length)
            return Bad($"a description of {length} bytes", "one that fits the file", out found, out expected);
        var whole = new byte[BytesOf((int)length)];
        file.Read(whole, 0);
        var end = whole.Length - 8;
        var crc = Crc32C.Of(whole.AsSpan(0, end));
        var stored = BinaryPrimitives.ReadUInt64LittleEndian(whole.AsSpan(end));
        if (crc != stored)
            return Bad($"a header with checksum {crc:x8}", $"{stored:x8}", out found, out expected);
        var header = Parse(whole, (int)length);
        return header.First == first
            ? header : Bad($"first record {header.First}", $"{first} as its name says", out found, out expected);
    }

    internal static int Align(int bytes) => (bytes + 7) & ~7;

    private static SegmentHeader Parse(ReadOnlySpan<byte> head, int description) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(head[16..]), BinaryPrimitives.ReadInt64LittleEndian(head[24..]),
        BinaryPrimitives.ReadUInt64LittleEndian(head[32..]), BinaryPrimitives.ReadUInt64LittleEndian(head[40..]),
        BinaryPrimitives.ReadInt64LittleEndian(head[48..]),
        (BinaryPrimitives.ReadUInt64LittleEndian(head[56..]) & AnewFlag) != 0,
        head.Slice(FixedBytes, description).ToArray());

    private static SegmentHeader? Bad(string what, string wanted, out string found, out string expected)
    {
        (found, expected) = (what, wanted);
        return null;
    }
}
