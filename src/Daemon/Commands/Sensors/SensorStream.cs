using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Commands;

/// <summary>A publisher's stream: its name and count, and the publisher's start number.</summary>
internal sealed class SensorStream(byte[] name, ulong run)
{
    private ulong _seq;

    /// <summary>Replaces what is in the writer by the stream's next tick, a self-describing map.</summary>
    /// <param name="writer">Gets the map.</param>
    /// <param name="values">NaN, where one is missing, becomes nil.</param>
    /// <param name="time">Nanoseconds since 1970.</param>
    public void WriteNext(MessagePackWriter writer, ReadOnlySpan<double> values, long time)
    {
        writer.Clear();
        writer.WriteMapHeader(5);
        writer.WriteString("stream"u8);
        writer.WriteString(name);
        if (values.Length == 1)
        {
            writer.WriteString("value"u8);
            WriteValue(writer, values[0]);
        }
        else
        {
            writer.WriteString("values"u8);
            writer.WriteArrayHeader(values.Length);
            foreach (var value in values)
                WriteValue(writer, value);
        }

        writer.WriteString("seq"u8);
        writer.WriteUInt64(++_seq);
        writer.WriteString("time"u8);
        writer.WriteTimestamp(time);
        writer.WriteString("run"u8);
        writer.WriteUInt64(run);
    }

    private static void WriteValue(MessagePackWriter writer, double value)
    {
        if (double.IsNaN(value))
            writer.WriteNil();
        else
            writer.WriteDouble(value);
    }
}
