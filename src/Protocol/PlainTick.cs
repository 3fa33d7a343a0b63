using System.Buffers.Binary;
using Realtime.Protocol.MessagePack;

namespace Realtime.Protocol;

/// <summary>
/// What most layouts come to: a name, perhaps a sequence number, values, and nothing else that differs from tick to
/// tick. Such ticks are read without a look at their codes.
/// </summary>
internal readonly struct PlainTick
{
    private readonly bool _isPlain;
    private readonly bool _reply;
    private readonly bool _hasSeq;
    private readonly int _name;
    private readonly int _nameLength;
    private readonly int _seq;
    private readonly int _seqBytes;
    private readonly int _values;

    private readonly int _only;

    /// <param name="tick">A well-formed tick.</param>
    /// <param name="fields">Where its elements lie, from its beginning.</param>
    public PlainTick(ReadOnlySpan<byte> tick, in TickFields fields)
    {
        var reader = new MessagePackReader(tick, fields.Stream);
        if (fields.Stream == 0 || fields.Values == 0 || !reader.TryReadString(out ReadOnlySpan<byte> name))
            return;
        (_name, _nameLength) = (reader.Position - name.Length, name.Length);
        (_values, _only) = (fields.Values, TickReader.OnlyValue(tick, fields.Values));
        byte reply = CodeAt(tick, fields.Reply), seq = CodeAt(tick, fields.Seq);
        _reply = reply == MessagePackCode.True;
        _hasSeq = seq != MessagePackCode.Nil;
        (_seq, _seqBytes) = seq switch
        {
            MessagePackCode.UInt16 => (fields.Seq + 1, sizeof(ushort)),
            MessagePackCode.UInt32 => (fields.Seq + 1, sizeof(uint)),
            MessagePackCode.UInt64 => (fields.Seq + 1, sizeof(ulong)),
            MessagePackCode.UInt8 => (fields.Seq + 1, sizeof(byte)),
            _ => (fields.Seq, sizeof(byte)),
        };
        _isPlain = seq is MessagePackCode.Nil or < 0x80 or >= MessagePackCode.UInt8 and <= MessagePackCode.UInt64
            && reply is MessagePackCode.Nil or MessagePackCode.True or MessagePackCode.False
            && CodeAt(tick, fields.Time) == MessagePackCode.Nil && CodeAt(tick, fields.Run) == MessagePackCode.Nil
            && fields.Trace == 0 && fields.Rid == 0;
    }

    /// <summary>Reads a tick of the layout; false where it is not plain, or its name is none.</summary>
    /// <param name="payload">The whole payload.</param>
    /// <param name="origin">Where in it the tick begins.</param>
    /// <param name="tick">An empty tick, which gets what was read.</param>
    public bool TryRead(ReadOnlySpan<byte> payload, int origin, ref Tick tick)
    {
        if (!_isPlain || !StreamName.IsValid(payload.Slice(origin + _name, _nameLength)))
            return false;
        tick.Stream = new Slice(origin + _name, _nameLength);
        tick.HasSeq = _hasSeq;
        if (_hasSeq)
            tick.Seq = Number(payload[(origin + _seq)..]);
        tick.Reply = _reply;
        tick.Values = origin + _values;
        tick.Only = _only == 0 ? 0 : origin + _only;
        return true;
    }

    private ulong Number(ReadOnlySpan<byte> bytes) => _seqBytes switch
    {
        sizeof(uint) => BinaryPrimitives.ReadUInt32BigEndian(bytes),
        sizeof(ushort) => BinaryPrimitives.ReadUInt16BigEndian(bytes),
        sizeof(ulong) => BinaryPrimitives.ReadUInt64BigEndian(bytes),
        _ => bytes[0],
    };

    // What is not there is as nil is.
    private static byte CodeAt(ReadOnlySpan<byte> tick, int field) => field == 0 ? MessagePackCode.Nil : tick[field];
}
