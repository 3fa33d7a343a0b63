using System.Buffers.Binary;

namespace Realtime.Daemon.Storage;

/// <summary>The head of a snapshot.</summary>
/// <param name="Number">Of the last record it contains; 0: none.</param>
/// <param name="Created">Ns since 1970.</param>
/// <param name="Epoch">The daemon's start that wrote it.</param>
/// <param name="Description">What the state in it depends on: program, engine, kernel, models.</param>
public sealed record SnapshotHeader(ulong Number, long Created, ulong Epoch, byte[] Description)
{
    public const uint Version = 1;

    internal const int FixedBytes = 40;

    private static ReadOnlySpan<byte> Magic => "RTSNAP1\n"u8;

    internal byte[] ToBytes()
    {
        var bytes = new byte[FixedBytes + SegmentHeader.Align(Description.Length) + 8];
        var head = bytes.AsSpan();
        Magic.CopyTo(head);
        BinaryPrimitives.WriteUInt32LittleEndian(head[8..], Version);
        BinaryPrimitives.WriteUInt32LittleEndian(head[12..], (uint)Description.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(head[16..], Number);
        BinaryPrimitives.WriteInt64LittleEndian(head[24..], Created);
        BinaryPrimitives.WriteUInt64LittleEndian(head[32..], Epoch);
        Description.CopyTo(head[FixedBytes..]);
        var end = bytes.Length - 8;
        BinaryPrimitives.WriteUInt32LittleEndian(head[end..], Crc32C.Of(head[..end]));
        return bytes;
    }

    internal static SnapshotHeader Read(IDiskFile file, out int bytes)
    {
        Span<byte> head = stackalloc byte[FixedBytes];
        if (file.Read(head, 0) < FixedBytes)
            throw new SnapshotCorruptException(file.Name, 0, $"{file.Length} bytes", $"at least {FixedBytes + 8}");
        if (!head[..8].SequenceEqual(Magic))
            throw new SnapshotCorruptException(file.Name, 0, Convert.ToHexString(head[..8]), "the magic RTSNAP1");
        var version = BinaryPrimitives.ReadUInt32LittleEndian(head[8..]);
        if (version != Version)
            throw new SnapshotCorruptException(file.Name, 8, $"format version {version}", $"version {Version}");
        var length = BinaryPrimitives.ReadUInt32LittleEndian(head[12..]);
        if (length > SegmentHeader.LargestDescription || FixedBytes + length + 8 > file.Length)
            throw new SnapshotCorruptException(
                file.Name, 12, $"a description of {length} bytes", "one that fits the file");
        var whole = new byte[FixedBytes + SegmentHeader.Align((int)length) + 8];
        var read = file.Read(whole, 0);
        bytes = whole.Length;
        var crc = Crc32C.Of(whole.AsSpan(0, bytes - 8));
        var stored = BinaryPrimitives.ReadUInt64LittleEndian(whole.AsSpan(bytes - 8));
        if (read < bytes || crc != stored)
            throw new SnapshotCorruptException(
                file.Name, bytes - 8, $"checksum {stored:x8}", $"{crc:x8} as the header has");
        return new SnapshotHeader(
            BinaryPrimitives.ReadUInt64LittleEndian(whole.AsSpan(16)),
            BinaryPrimitives.ReadInt64LittleEndian(whole.AsSpan(24)),
            BinaryPrimitives.ReadUInt64LittleEndian(whole.AsSpan(32)),
            whole.AsSpan(FixedBytes, (int)length).ToArray());
    }
}
