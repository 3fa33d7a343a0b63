using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Realtime.Daemon.Frames;

namespace Realtime.Daemon.Storage;

/// <summary>Writes records into a buffer that it keeps.</summary>
internal sealed class RecordEncoder
{
    /// <summary>Frame, time, checksum and number of changes.</summary>
    public const int PayloadHeader = 24;

    /// <summary>Kind, bits, model, row, length and flags.</summary>
    public const int ChangeHeader = 16;

    public const byte IsId = 1;
    public const byte HasRun = 2;
    public const byte HasSeq = 4;
    public const byte HasTime = 8;
    public const ushort NoModel = ushort.MaxValue;

    private byte[] _buffer = new byte[4096];

    /// <summary>A record may be no longer than an array.</summary>
    public static long LongestRecord => Array.MaxLength;

    public static bool HasValues(ChangeKind kind) => kind is ChangeKind.Tick or ChangeKind.Prediction;

    public static long Measure(in FrameRecord record)
    {
        long bytes = RecordHeader.Bytes + PayloadHeader;
        foreach (ref readonly var change in record.Changes)
            bytes += Measure(change);
        return bytes;
    }

    /// <summary>The whole record; valid until the next call.</summary>
    public ReadOnlySpan<byte> Encode(in FrameRecord record, ulong number, ulong durable)
    {
        var bytes = checked((int)Measure(record));
        if (bytes > _buffer.Length)
            _buffer = new byte[Math.Max(bytes, (int)Math.Min(_buffer.Length * 2L, LongestRecord))];
        var whole = _buffer.AsSpan(0, bytes);
        var at = whole[RecordHeader.Bytes..];
        BinaryPrimitives.WriteInt64LittleEndian(at, record.Frame);
        BinaryPrimitives.WriteInt64LittleEndian(at[8..], record.Now);
        BinaryPrimitives.WriteUInt32LittleEndian(at[16..], record.Checksum);
        BinaryPrimitives.WriteUInt32LittleEndian(at[20..], (uint)record.Changes.Length);
        at = at[PayloadHeader..];
        foreach (ref readonly var change in record.Changes)
            at = at[Write(at, change, record)..];
        RecordHeader.Write(whole, number, durable);
        return whole;
    }

    private static byte BitsOf(in Change change) => (byte)((change.IsId ? IsId : 0) | (change.Run.HasValue ? HasRun : 0)
        | (change.Seq != 0 ? HasSeq : 0) | (change.Time != 0 ? HasTime : 0));

    private static long Measure(in Change change)
    {
        var fields = (change.Run.HasValue ? 8 : 0) + (change.Seq != 0 ? 8 : 0) + (change.Time != 0 ? 8 : 0);
        var data = HasValues(change.Kind) ? change.Data.Length * 8L : (change.Data.Length + 7L) & ~7L;
        return ChangeHeader + fields + data;
    }

    private static int Write(Span<byte> at, in Change change, in FrameRecord record)
    {
        at[0] = (byte)change.Kind;
        at[1] = BitsOf(change);
        BinaryPrimitives.WriteUInt16LittleEndian(at[2..], change.Model < 0 ? NoModel : (ushort)change.Model);
        BinaryPrimitives.WriteInt32LittleEndian(at[4..], change.Row);
        BinaryPrimitives.WriteInt32LittleEndian(at[8..], change.Data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(at[12..], (uint)change.Flags);
        var place = ChangeHeader;
        if (change.Seq != 0)
            Put(at, ref place, change.Seq);
        if (change.Time != 0)
            Put(at, ref place, (ulong)change.Time);
        if (change.Run is { } run)
            Put(at, ref place, run);
        return place + WriteData(at[place..], change, record);
    }

    private static int WriteData(Span<byte> at, in Change change, in FrameRecord record)
    {
        if (change.Data.IsEmpty)
            return 0;
        if (HasValues(change.Kind))
        {
            var values = record.Values.Slice(change.Data.Offset, change.Data.Length);
            MemoryMarshal.AsBytes(values).CopyTo(at);
            return values.Length * sizeof(double);
        }

        var bytes = change.Data.Of(record.Bytes);
        bytes.CopyTo(at);
        var padded = SegmentHeader.Align(bytes.Length);
        at[bytes.Length..padded].Clear();
        return padded;
    }

    private static void Put(Span<byte> at, ref int place, ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(at[place..], value);
        place += sizeof(ulong);
    }
}
