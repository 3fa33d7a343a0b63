using System.Buffers.Binary;

namespace Realtime.Daemon.Storage;

/// <summary>The head of a block of a snapshot.</summary>
/// <param name="Length">Of the payload in bytes.</param>
/// <param name="Crc">Over length, kind, count and payload.</param>
/// <param name="Kind">The caller's; <see cref="Footer"/> ends the file.</param>
/// <param name="Count">Rows in the block.</param>
internal readonly record struct SnapshotBlock(uint Length, uint Crc, uint Kind, uint Count)
{
    public const int Bytes = 16;
    public const uint Footer = uint.MaxValue;

    /// <summary>Blocks, rows, and the checksum of the blocks' checksums.</summary>
    public const int FooterPayload = 24;

    public static SnapshotBlock Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt32LittleEndian(bytes), BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]), BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]));

    /// <summary>Writes the head; gives its checksum.</summary>
    public static uint Write(Span<byte> head, uint kind, uint count, ReadOnlySpan<byte> payload)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(head, (uint)payload.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(head[8..], kind);
        BinaryPrimitives.WriteUInt32LittleEndian(head[12..], count);
        var crc = Checksum(head, payload);
        BinaryPrimitives.WriteUInt32LittleEndian(head[4..], crc);
        return crc;
    }

    public static uint Checksum(ReadOnlySpan<byte> head, ReadOnlySpan<byte> payload) =>
        Crc32C.Append(Crc32C.Append(Crc32C.Of(head[..4]), head[8..Bytes]), payload);

    /// <summary>The running checksum of the blocks' checksums.</summary>
    public static uint Chain(uint chain, uint crc)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, crc);
        return Crc32C.Append(chain, bytes);
    }

    public static byte[] FooterBytes(ulong blocks, ulong rows, uint chain)
    {
        var bytes = new byte[FooterPayload];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, blocks);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), rows);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(16), chain);
        return bytes;
    }
}
