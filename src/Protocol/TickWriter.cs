using Realtime.Protocol.MessagePack;

namespace Realtime.Protocol;

/// <summary>Writes ticks as publishers do.</summary>
public static class TickWriter
{
    /// <summary>Appends a tick in the self-describing form.</summary>
    /// <param name="writer">Gets the map.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="values">One per input of the stream's model; NaN, where one is missing, becomes nil.</param>
    /// <param name="seq">The stream's count; required for exactly-once.</param>
    /// <param name="time">Nanoseconds since 1970, sent as the timestamp extension.</param>
    /// <param name="reply">Whether the prediction is wanted in the reply.</param>
    public static void WriteMap(
        MessagePackWriter writer,
        StreamLabel stream,
        ReadOnlySpan<double> values,
        ulong? seq = null,
        long? time = null,
        bool reply = false)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteMapHeader(2 + (seq is null ? 0 : 1) + (time is null ? 0 : 1) + (reply ? 1 : 0));
        writer.WriteString("stream"u8);
        stream.Write(writer);
        if (seq is { } number)
        {
            writer.WriteString("seq"u8);
            writer.WriteUInt64(number);
        }
        if (time is { } nanoseconds)
        {
            writer.WriteString("time"u8);
            writer.WriteTimestamp(nanoseconds);
        }
        writer.WriteString("values"u8);
        WriteValues(writer, values);
        if (reply)
        {
            writer.WriteString("reply"u8);
            writer.WriteBoolean(true);
        }
    }

    /// <summary>Appends a tick in the compact form, <c>[1, stream, seq|nil, time|nil, values, reply?]</c>; the
    /// parameters are those of <see cref="WriteMap"/>.</summary>
    public static void WriteArray(
        MessagePackWriter writer,
        StreamLabel stream,
        ReadOnlySpan<double> values,
        ulong? seq = null,
        long? time = null,
        bool reply = false)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteArrayHeader(reply ? 6 : 5);
        writer.WriteUInt64(1);
        stream.Write(writer);
        if (seq is { } number)
            writer.WriteUInt64(number);
        else
            writer.WriteNil();
        if (time is { } nanoseconds)
            writer.WriteTimestamp(nanoseconds);
        else
            writer.WriteNil();
        WriteValues(writer, values);
        if (reply)
            writer.WriteBoolean(true);
    }

    /// <summary>Appends a batch of ticks that have been written already.</summary>
    public static void WriteBatch(MessagePackWriter writer, int count, ReadOnlySpan<byte> ticks, bool reply = false)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteArrayHeader(reply ? 3 : 2);
        writer.WriteUInt64(2);
        writer.WriteArrayHeader(count);
        writer.WriteRaw(ticks);
        if (reply)
            writer.WriteBoolean(true);
    }

    private static void WriteValues(MessagePackWriter writer, ReadOnlySpan<double> values)
    {
        writer.WriteArrayHeader(values.Length);
        foreach (double value in values)
        {
            if (double.IsNaN(value))
                writer.WriteNil();
            else
                writer.WriteDouble(value);
        }
    }
}
