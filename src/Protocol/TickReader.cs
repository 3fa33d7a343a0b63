using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Realtime.Protocol.MessagePack;

namespace Realtime.Protocol;

/// <summary>
/// Reads what publishers and clients send: a tick as a map or
/// <c>[1, stream, seq|nil, time|nil, values, reply?, run?]</c>, a batch <c>[2, [tick, …], reply?]</c>, or a control
/// request (a map with <c>op</c> and no values).
/// </summary>
/// <remarks>Never throws for what a payload holds, and allocates only the texts of faults.</remarks>
public static class TickReader
{
    private const int SingleForm = 1;
    private const int BatchForm = 2;

    private const string ExpectedArray = "expected [1, stream, seq, time, values, reply?, run?]";
    private const string ExpectedStream =
        "an unsigned integer or a name of 1 to 255 bytes of UTF-8 without control characters";
    private const string ExpectedCount = "an unsigned integer";
    private const string ExpectedTime = "seconds, a timestamp or nil, from 1677 to 2262";
    private const string ExpectedReply = "true or false";

    /// <summary>Checks the whole payload: well-formed, nothing behind it, one of the forms. The ticks in it may
    /// still have faults of their own, which <c>TryReadTick</c> tells.</summary>
    public static MessageHeader ReadHeader(ReadOnlySpan<byte> payload)
    {
        var reader = new MessagePackReader(payload);
        return reader.NextType switch
        {
            MessagePackType.Map => ReadMap(payload, ref reader),
            MessagePackType.Array => ReadArray(payload, ref reader),
            MessagePackType.None when payload.IsEmpty => Malformed("found an empty frame, expected a tick"),
            _ => NotAForm(payload),
        };
    }

    /// <summary>The same, quicker where the ticks are laid out as others were.</summary>
    /// <param name="payload">The whole payload.</param>
    /// <param name="shapes">Layouts seen before; learns further ones.</param>
    /// <param name="header">What was read; put where it is to be, as it is too large to be passed around.</param>
    public static void ReadHeader(ReadOnlySpan<byte> payload, TickShapes shapes, out MessageHeader header)
    {
        ArgumentNullException.ThrowIfNull(shapes);
        header = default;
        if (payload.IsEmpty || shapes.Match(payload, 0) != payload.Length)
        {
            ReadOther(payload, shapes, ref header);
            return;
        }
        ref readonly TickFields fields = ref shapes.Fields;
        header.Kind = PayloadKind.Tick;
        header.Count = 1;
        header.Reply = IsTrueAt(payload, fields.Reply);
        header.Rid = RawAt(payload, fields.Rid);
        header.Fields = fields;
        header.Shape = shapes.Last;
    }

    private static void ReadOther(ReadOnlySpan<byte> payload, TickShapes shapes, ref MessageHeader header)
    {
        if (TryReadBatch(payload, shapes, ref header))
            return;
        header = ReadHeader(payload);
        if (header.Kind == PayloadKind.Tick)
            shapes.Note(payload, in header.Fields, 0);
    }

    /// <summary>Reads the tick at <paramref name="cursor"/> and moves the cursor behind it.</summary>
    /// <param name="payload">A payload that <c>ReadHeader</c> found to be a tick or a batch.</param>
    /// <param name="cursor">Starts as <see cref="MessageHeader.Cursor"/>; also moves past a tick with a fault.</param>
    /// <param name="tick">The tick, as far as it was read.</param>
    /// <param name="fault">Where the result is false: what was found, and what was expected.</param>
    public static bool TryReadTick(ReadOnlySpan<byte> payload, ref int cursor, out Tick tick, out string? fault)
    {
        return TryReadTick(payload, null, ref cursor, out tick, out fault);
    }

    /// <summary>The same, quicker: a payload's only tick was found by its header, others by what was learnt.</summary>
    public static bool TryReadTick(
        ReadOnlySpan<byte> payload, in MessageHeader header, TickShapes shapes, ref int cursor, out Tick tick,
        out string? fault)
    {
        int size = shapes.SizeOf(header.Shape);
        if (header.Kind == PayloadKind.Tick && size == 0)
            return TryReadTick(payload, in header, ref cursor, out tick, out fault);
        if (size == 0)
            size = shapes.Match(payload, cursor);
        if (size == 0)
            return TryReadTick(payload, shapes, ref cursor, out tick, out fault);
        int origin = cursor;
        cursor += size;
        tick = new Tick { Values = -1 };
        fault = null;
        return shapes.Plain.TryRead(payload, origin, ref tick)
            || TryDecode(payload, origin, in shapes.Fields, ref tick, out fault);
    }

    private static bool TryReadTick(
        ReadOnlySpan<byte> payload, TickShapes? shapes, ref int cursor, out Tick tick, out string? fault)
    {
        tick = new Tick { Values = -1 };
        var reader = new MessagePackReader(payload, cursor);
        if (TryReadFields(ref reader, out TickFields fields, out fault))
        {
            shapes?.Note(payload[cursor..reader.Position], in fields, cursor);
            cursor = reader.Position;
            return TryDecode(payload, 0, in fields, ref tick, out fault);
        }
        reader = new MessagePackReader(payload, cursor);
        cursor = reader.TrySkip() ? reader.Position : payload.Length;
        return false;
    }

    /// <summary>The same, quicker for a payload of one tick: where its elements lie is in the header.</summary>
    public static bool TryReadTick(
        ReadOnlySpan<byte> payload, in MessageHeader header, ref int cursor, out Tick tick, out string? fault)
    {
        if (header.Kind != PayloadKind.Tick)
            return TryReadTick(payload, ref cursor, out tick, out fault);
        cursor = payload.Length;
        tick = new Tick { Values = -1 };
        return TryDecode(payload, 0, in header.Fields, ref tick, out fault);
    }

    /// <summary>Reads the values of a tick as doubles; NaN where one is missing.</summary>
    /// <param name="payload">The payload the tick was read from.</param>
    /// <param name="offset"><see cref="Tick.Values"/>.</param>
    /// <param name="names">The inputs of the tick's model.</param>
    /// <param name="values">One per input.</param>
    /// <param name="fault">Where the result is not 0: what was found, and what was expected.</param>
    /// <returns>0, or the code of <see cref="ErrorCode.Malformed"/> (infinity, or beyond 1e100 in size) or
    /// <see cref="ErrorCode.Shape"/>.</returns>
    public static int ReadValues(
        ReadOnlySpan<byte> payload, int offset, InputNames names, Span<double> values, out string? fault)
    {
        ArgumentNullException.ThrowIfNull(names);
        if (values.Length != names.Count)
            throw new ArgumentException($"{values.Length} values for {names.Count} inputs", nameof(values));
        var reader = new MessagePackReader(payload, offset);
        // What most ticks are.
        if (values.Length == 1 && reader.NextType == MessagePackType.Float)
            return (int)ValueReader.ReadOne(ref reader, out values[0], out fault);
        return (int)ValueReader.Read(ref reader, names, values, out fault);
    }

    /// <summary>The same of a tick that <c>TryReadTick</c> read, quicker where it has one value.</summary>
    public static int ReadValues(
        ReadOnlySpan<byte> payload, in Tick tick, InputNames names, Span<double> values, out string? fault)
    {
        if (tick.Only == 0 || values.Length != 1)
            return ReadValues(payload, tick.Values, names, values, out fault);
        double value = BinaryPrimitives.ReadDoubleBigEndian(payload[tick.Only..]);
        if (Math.Abs(value) > ValueReader.Largest)
            return ReadValues(payload, tick.Values, names, values, out fault);
        values[0] = value;
        fault = null;
        return 0;
    }

    /// <summary>How many values a tick has, missing ones among them; 1 where they are no array and no map.</summary>
    /// <param name="payload">The payload the tick was read from.</param>
    /// <param name="offset"><see cref="Tick.Values"/>.</param>
    public static int CountValues(ReadOnlySpan<byte> payload, int offset)
    {
        var reader = new MessagePackReader(payload, offset);
        return reader.NextType switch
        {
            MessagePackType.Array when reader.TryReadArrayHeader(out int count) => count,
            MessagePackType.Map when reader.TryReadMapHeader(out int count) => count,
            _ => 1,
        };
    }

    /// <summary>Finds <see cref="Tick.Only"/>, with or without an array around it.</summary>
    internal static int OnlyValue(ReadOnlySpan<byte> payload, int values)
    {
        int at = payload[values] == (MessagePackCode.FixArray | 1) ? values + 1 : values;
        return payload[at] == MessagePackCode.Float64 ? at + 1 : 0;
    }

    private static MessageHeader ReadMap(ReadOnlySpan<byte> payload, ref MessagePackReader reader)
    {
        if (!TickFields.TryReadMap(ref reader, out TickFields fields) || !reader.AtEnd)
            return NotWellFormed(payload);
        var header = new MessageHeader { Rid = RawAt(payload, fields.Rid), Reply = IsTrueAt(payload, fields.Reply) };
        if (fields.Values > 0)
        {
            header.Kind = PayloadKind.Tick;
            header.Count = 1;
            header.Fields = fields;
        }
        else if (fields.Op == 0)
        {
            header.Fault = "found a map without values and without op";
        }
        else if (StringAt(payload, fields.Op) is { IsEmpty: false } op)
        {
            header.Kind = PayloadKind.Control;
            header.Op = op;
        }
        else
        {
            header.Fault = Fault("op", payload, fields.Op, "a name");
        }
        return header;
    }

    private static MessageHeader ReadArray(ReadOnlySpan<byte> payload, ref MessagePackReader reader)
    {
        MessagePackReader whole = reader;
        bool isNumbered = reader.TryReadArrayHeader(out int count) & reader.TryReadInt64(out long form);
        if (isNumbered && form == SingleForm && IsSingle(count))
            return ReadSingle(payload, ref reader, count);
        if (!whole.TrySkip() || !whole.AtEnd)
            return NotWellFormed(payload);
        if (!isNumbered)
            return NoForm(payload);
        return form switch
        {
            BatchForm => ReadBatch(payload, ref reader, count),
            SingleForm => Malformed(WrongCount("an array", count, ExpectedArray)),
            _ => Unsupported(form),
        };
    }

    private static bool IsSingle(int count) => count is >= 5 and <= 7;

    private static MessageHeader ReadSingle(ReadOnlySpan<byte> payload, ref MessagePackReader reader, int count)
    {
        if (!TickFields.TryReadArray(ref reader, count - 1, out TickFields fields) || !reader.AtEnd)
            return NotWellFormed(payload);
        return new MessageHeader
        {
            Kind = PayloadKind.Tick,
            Count = 1,
            Reply = IsTrueAt(payload, fields.Reply),
            Fields = fields,
        };
    }

    private static MessageHeader ReadBatch(ReadOnlySpan<byte> payload, ref MessagePackReader reader, int count)
    {
        if (count is < 2 or > 3)
            return Malformed(WrongCount("a batch", count, "expected [2, [tick, …], reply?]"));
        int list = reader.Position;
        if (!reader.TryReadArrayHeader(out int ticks))
            return Malformed(Fault("batch", payload, list, "an array of ticks"));
        var header = new MessageHeader { Kind = PayloadKind.Batch, Count = ticks, Cursor = reader.Position };
        if (count == 2)
            return header;
        reader = new MessagePackReader(payload, list);
        reader.TrySkip();
        int reply = reader.Position;
        if (!TryReadReply(ref reader, out bool wanted))
            return Malformed(Fault("reply", payload, reply, ExpectedReply));
        header.Reply = wanted;
        return header;
    }

    /// <summary>Reads a tick in either form as far as where its elements lie.</summary>
    private static bool TryReadFields(ref MessagePackReader reader, out TickFields fields, out string? fault)
    {
        fault = null;
        if (reader.NextType == MessagePackType.Map)
        {
            if (TickFields.TryReadMap(ref reader, out fields))
                return true;
            fault = "not well-formed";
            return false;
        }
        fields = default;
        MessagePackType found = reader.NextType;
        if (!reader.TryReadArrayHeader(out int count))
        {
            fault = NoTick(found);
            return false;
        }
        if (count == 0 || !reader.TryReadInt64(out long form) || form != SingleForm)
        {
            fault = "found an array that does not start with 1, " + ExpectedArray;
            return false;
        }
        fault = !IsSingle(count) ? WrongCount("an array", count, ExpectedArray)
            : !TickFields.TryReadArray(ref reader, count - 1, out fields) ? "not well-formed"
            : null;
        return fault is null;
    }

    /// <summary>A batch of ticks that are all laid out as known; every other payload is left to be read from the
    /// start.</summary>
    private static bool TryReadBatch(ReadOnlySpan<byte> payload, TickShapes shapes, ref MessageHeader header)
    {
        var reader = new MessagePackReader(payload);
        if (!reader.TryReadArrayHeader(out int count) || count is < 2 or > 3
            || !reader.TryReadInt64(out long form) || form != BatchForm || !reader.TryReadArrayHeader(out int ticks))
            return false;
        int first = reader.Position, position = first, changes = 0;
        TickShapes.Found shape = default;
        for (int i = 0; i < ticks; i++)
        {
            int size = shapes.Match(payload, position);
            if (size == 0)
                return false;
            position += size;
            TickShapes.Found found = shapes.Last;
            changes += found == shape ? 0 : 1;
            shape = found;
        }
        reader = new MessagePackReader(payload, position);
        bool reply = false;
        if ((count == 3 && !TryReadReply(ref reader, out reply)) || !reader.AtEnd)
            return false;
        header.Kind = PayloadKind.Batch;
        header.Count = ticks;
        header.Cursor = first;
        header.Reply = reply;
        if (changes == 1)
            header.Shape = shape;
        return true;
    }

    /// <param name="payload">The whole payload.</param>
    /// <param name="origin">Where in it the fields' places are counted from.</param>
    /// <param name="fields">Where the tick's elements lie.</param>
    /// <param name="tick">Gets what they say.</param>
    /// <param name="fault">Where the result is false: what was found, and what was expected.</param>
    private static bool TryDecode(
        ReadOnlySpan<byte> payload, int origin, in TickFields fields, ref Tick tick, out string? fault)
    {
        fault = null;
        tick.Rid = RawAt(payload, At(fields.Rid, origin));
        tick.Trace = TraceAt(payload, At(fields.Trace, origin));
        tick.Values = fields.Values == 0 ? -1 : origin + fields.Values;
        tick.Only = fields.Values == 0 ? 0 : OnlyValue(payload, tick.Values);
        if (fields.Values == 0)
            fault = "found a tick without values";
        else if (!TryReadStream(payload, At(fields.Stream, origin), ref tick))
            fault = Fault("stream", payload, At(fields.Stream, origin), ExpectedStream);
        else if (!TryReadCount(payload, At(fields.Seq, origin), out bool hasSeq, out ulong seq))
            fault = Fault("seq", payload, At(fields.Seq, origin), ExpectedCount);
        else if (!TryReadCount(payload, At(fields.Run, origin), out bool hasRun, out ulong run))
            fault = Fault("run", payload, At(fields.Run, origin), ExpectedCount);
        else if (!TryReadTime(payload, At(fields.Time, origin), ref tick))
            fault = Fault("time", payload, At(fields.Time, origin), ExpectedTime);
        else if (!TryReadReplyAt(payload, At(fields.Reply, origin), out bool reply))
            fault = Fault("reply", payload, At(fields.Reply, origin), ExpectedReply);
        else
            (tick.HasSeq, tick.Seq, tick.HasRun, tick.Run, tick.Reply) = (hasSeq, seq, hasRun, run, reply);
        return fault is null;
    }

    private static int At(int field, int origin) => field == 0 ? 0 : origin + field;

    private static bool TryReadStream(ReadOnlySpan<byte> payload, int offset, ref Tick tick)
    {
        if (offset == 0)
            return true;
        var reader = new MessagePackReader(payload, offset);
        if (reader.TryReadString(out ReadOnlySpan<byte> name))
        {
            tick.Stream = new Slice(reader.Position - name.Length, name.Length);
            return StreamName.IsValid(name);
        }
        if (reader.TryReadNil())
            return true;
        tick.HasId = reader.TryReadUInt64(out ulong id);
        tick.Id = id;
        return tick.HasId;
    }

    private static bool TryReadCount(ReadOnlySpan<byte> payload, int offset, out bool has, out ulong number)
    {
        has = false;
        number = 0;
        if (offset == 0)
            return true;
        ReadOnlySpan<byte> element = payload[offset..];
        if (element.Length >= 5 && element[0] == MessagePackCode.UInt32)
        {
            number = BinaryPrimitives.ReadUInt32BigEndian(element[1..]);
            return has = true;
        }
        var reader = new MessagePackReader(payload, offset);
        has = reader.TryReadUInt64(out number);
        return has || reader.TryReadNil();
    }

    private static bool TryReadTime(ReadOnlySpan<byte> payload, int offset, ref Tick tick)
    {
        if (offset == 0)
            return true;
        var reader = new MessagePackReader(payload, offset);
        if (reader.TryReadNil())
            return true;
        tick.HasTime = TickTime.TryRead(ref reader, out long time);
        tick.Time = time;
        return tick.HasTime;
    }

    private static bool TryReadReply(ref MessagePackReader reader, out bool reply) =>
        reader.TryReadBoolean(out reply) || reader.TryReadNil();

    private static bool TryReadReplyAt(ReadOnlySpan<byte> payload, int offset, out bool reply)
    {
        reply = false;
        if (offset == 0)
            return true;
        var reader = new MessagePackReader(payload, offset);
        return TryReadReply(ref reader, out reply);
    }

    private static bool IsTrueAt(ReadOnlySpan<byte> payload, int offset) =>
        TryReadReplyAt(payload, offset, out bool reply) && reply;

    private static Slice RawAt(ReadOnlySpan<byte> payload, int offset)
    {
        if (offset == 0)
            return default;
        var reader = new MessagePackReader(payload, offset);
        reader.TrySkip();
        return new Slice(offset, reader.Position - offset);
    }

    private static Slice StringAt(ReadOnlySpan<byte> payload, int offset)
    {
        var reader = new MessagePackReader(payload, offset);
        return reader.TryReadString(out ReadOnlySpan<byte> text)
            ? new Slice(reader.Position - text.Length, text.Length)
            : default;
    }

    /// <summary>A traceparent to hand on. As W3C Trace Context has it, one that is not right is as if absent.</summary>
    private static Slice TraceAt(ReadOnlySpan<byte> payload, int offset)
    {
        if (offset == 0)
            return default;
        Slice trace = StringAt(payload, offset);
        return trace.Of(payload).ContainsAnyExceptInRange((byte)' ', (byte)'~') ? default : trace;
    }

    private static MessageHeader Malformed(string? fault) => new() { Fault = fault };

    private static string Fault(string where, ReadOnlySpan<byte> payload, int offset, string expected) =>
        ElementText.Fault(where, new MessagePackReader(payload, offset), expected);

    // The texts of the rarer faults, none inlined: see ElementText.Fault.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string WrongCount(string found, int count, string expected) =>
        $"found {found} of {count} elements, {expected}";

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string NoTick(MessagePackType found) =>
        $"found {ElementText.Describe(found)}, expected a tick as a map or an array";

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static MessageHeader Unsupported(long form) => new()
    {
        Kind = PayloadKind.Unsupported,
        Fault = $"found an array with the leading number {form}, expected 1 (tick) or 2 (batch)",
    };

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static MessageHeader NotAForm(ReadOnlySpan<byte> payload)
    {
        var reader = new MessagePackReader(payload);
        return reader.TrySkip() && reader.AtEnd
            ? Malformed($"found {ElementText.Describe(new MessagePackReader(payload))}, expected a map or an array")
            : NotWellFormed(payload);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static MessageHeader NoForm(ReadOnlySpan<byte> payload)
    {
        var reader = new MessagePackReader(payload);
        reader.TryReadArrayHeader(out int count);
        return Malformed(count == 0
            ? "found an empty array, expected 1 or 2 as its first element"
            : $"found an array that starts with {ElementText.Describe(reader)}, expected 1 (tick) or 2 (batch)");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static MessageHeader NotWellFormed(ReadOnlySpan<byte> payload)
    {
        var reader = new MessagePackReader(payload);
        return Malformed(reader.TrySkip()
            ? $"not well-formed: {payload.Length - reader.Position} bytes behind the message's end at {reader.Position}"
            : $"not well-formed MessagePack: {payload.Length} bytes, truncated, nested deeper than "
                + $"{MessagePackReader.MaximumDepth}, or with the byte 0xc1");
    }
}
