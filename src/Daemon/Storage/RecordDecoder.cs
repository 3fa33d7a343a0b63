using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Realtime.Daemon.Frames;
using Realtime.Protocol;

namespace Realtime.Daemon.Storage;

/// <summary>Reads a payload back; values and bytes stay where they are.</summary>
internal sealed class RecordDecoder
{
    private const byte KnownBits = RecordEncoder.IsId | RecordEncoder.HasRun | RecordEncoder.HasSeq
        | RecordEncoder.HasTime;

    private Change[] _changes = new Change[64];
    private int _count;

    public ReadOnlySpan<Change> Changes => _changes.AsSpan(0, _count);

    /// <summary>What is wrong with it; null where nothing is.</summary>
    public string? Decode(ReadOnlySpan<byte> payload)
    {
        _count = 0;
        if (payload.Length < RecordEncoder.PayloadHeader)
            return $"a payload of {payload.Length} bytes";
        var count = BinaryPrimitives.ReadUInt32LittleEndian(payload[20..]);
        if (count > payload.Length / RecordEncoder.ChangeHeader)
            return $"{count} changes in {payload.Length} bytes";
        if (count > _changes.Length)
            _changes = new Change[Math.Max(count, (uint)_changes.Length * 2)];
        var place = RecordEncoder.PayloadHeader;
        for (; _count < count; _count++)
        {
            var error = Read(payload, ref place, out _changes[_count]);
            if (error is not null)
                return $"{error} in change {_count}";
        }

        return place == payload.Length ? null : $"{payload.Length - place} bytes after the last change";
    }

    /// <summary>The record of the payload decoded last.</summary>
    public FrameRecord Record(ReadOnlySpan<byte> payload) => new(
        BinaryPrimitives.ReadInt64LittleEndian(payload), BinaryPrimitives.ReadInt64LittleEndian(payload[8..]), Changes,
        MemoryMarshal.Cast<byte, double>(payload), payload, BinaryPrimitives.ReadUInt32LittleEndian(payload[16..]));

    private static string? Read(ReadOnlySpan<byte> payload, ref int place, out Change change)
    {
        change = default;
        var left = payload[place..];
        if (left.Length < RecordEncoder.ChangeHeader)
            return "the end";
        var kind = (ChangeKind)left[0];
        var bits = left[1];
        if (kind is < ChangeKind.Admitted or > ChangeKind.Prediction || (bits & ~KnownBits) != 0)
            return $"kind {left[0]} with bits {bits}";
        var flags = BinaryPrimitives.ReadUInt32LittleEndian(left[12..]);
        long length = BinaryPrimitives.ReadUInt32LittleEndian(left[8..]);
        var dataBytes = RecordEncoder.HasValues(kind) ? length * sizeof(double) : (length + 7) & ~7L;
        place += RecordEncoder.ChangeHeader;
        if (!Take(payload, ref place, bits & RecordEncoder.HasSeq, out var seq)
            || !Take(payload, ref place, bits & RecordEncoder.HasTime, out var time)
            || !Take(payload, ref place, bits & RecordEncoder.HasRun, out var run)
            || dataBytes > payload.Length - place)
            return $"{dataBytes} bytes of data";
        if (flags > byte.MaxValue)
            return $"flags {flags}";
        var model = BinaryPrimitives.ReadUInt16LittleEndian(left[2..]);
        var offset = RecordEncoder.HasValues(kind) ? place / sizeof(double) : place;
        place += (int)dataBytes;
        change = new Change(
            kind, BinaryPrimitives.ReadInt32LittleEndian(left[4..]), model == RecordEncoder.NoModel ? -1 : model,
            (bits & RecordEncoder.IsId) != 0, seq, (bits & RecordEncoder.HasRun) != 0 ? run : null, (long)time,
            new Slice(offset, (int)length), (PredictionFlags)flags);
        return null;
    }

    private static bool Take(ReadOnlySpan<byte> payload, ref int place, int isThere, out ulong value)
    {
        value = 0;
        if (isThere == 0)
            return true;
        if (payload.Length - place < sizeof(ulong))
            return false;
        value = BinaryPrimitives.ReadUInt64LittleEndian(payload[place..]);
        place += sizeof(ulong);
        return true;
    }
}
