using Realtime.Protocol.MessagePack;

namespace Realtime.Protocol;

/// <summary>Writes what goes out on the <c>predictions</c> socket besides predictions.</summary>
public static class EventWriter
{
    /// <summary>Appends <c>{"event", "stream", "seq", "detail"}</c>, for an anomaly with <c>"score"</c>.</summary>
    /// <param name="writer">Gets the map.</param>
    /// <param name="kind">What happened.</param>
    /// <param name="stream">To which stream.</param>
    /// <param name="seq">The stream's count; null, written as nil, where it has none.</param>
    /// <param name="detail">More about it; nothing is written as nil.</param>
    /// <param name="score">The anomaly score in [0, 1]; NaN: no such key.</param>
    public static void Write(
        MessagePackWriter writer,
        StreamEventKind kind,
        StreamLabel stream,
        ulong? seq,
        ReadOnlySpan<char> detail,
        double score = double.NaN)
    {
        ArgumentNullException.ThrowIfNull(writer);
        bool hasScore = !double.IsNaN(score);
        writer.WriteMapHeader(hasScore ? 5 : 4);
        writer.WriteString("event"u8);
        writer.WriteString(kind.Name());
        writer.WriteString("stream"u8);
        stream.Write(writer);
        writer.WriteString("seq"u8);
        if (seq is { } number)
            writer.WriteUInt64(number);
        else
            writer.WriteNil();
        writer.WriteString("detail"u8);
        if (detail.IsEmpty)
            writer.WriteNil();
        else
            writer.WriteString(detail);
        if (!hasScore)
            return;
        writer.WriteString("score"u8);
        writer.WriteDouble(score);
    }

    /// <summary>Appends <c>{"event": "engine", "stream": nil, "seq": nil, "detail", "model"}</c>.</summary>
    /// <param name="writer">Gets the map.</param>
    /// <param name="model">Whose engine is another.</param>
    /// <param name="detail">Which it was and is, and why.</param>
    public static void WriteEngine(MessagePackWriter writer, ReadOnlySpan<char> model, ReadOnlySpan<char> detail)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteMapHeader(5);
        writer.WriteString("event"u8);
        writer.WriteString(StreamEventKind.Engine.Name());
        writer.WriteString("stream"u8);
        writer.WriteNil();
        writer.WriteString("seq"u8);
        writer.WriteNil();
        writer.WriteString("detail"u8);
        writer.WriteString(detail);
        writer.WriteString("model"u8);
        writer.WriteString(model);
    }

    /// <summary>Appends the heartbeat's map.</summary>
    public static void WriteHeartbeat(MessagePackWriter writer, in Heartbeat heartbeat)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteMapHeader(6);
        writer.WriteString("epoch"u8);
        writer.WriteUInt64(heartbeat.Epoch);
        writer.WriteString("uptime"u8);
        writer.WriteDouble(heartbeat.Uptime);
        writer.WriteString("received"u8);
        writer.WriteUInt64(heartbeat.Received);
        writer.WriteString("stepped"u8);
        writer.WriteUInt64(heartbeat.Stepped);
        writer.WriteString("published"u8);
        writer.WriteUInt64(heartbeat.Published);
        writer.WriteString("streams"u8);
        writer.WriteUInt64(heartbeat.Streams);
    }
}

/// <summary>What the daemon says once a second under the topic <c>h</c>.</summary>
/// <param name="Epoch">The number of this start of the daemon.</param>
/// <param name="Uptime">Seconds since it started.</param>
/// <param name="Received">Ticks taken from the sockets.</param>
/// <param name="Stepped">Ticks that moved a state.</param>
/// <param name="Published">Predictions handed to the socket.</param>
/// <param name="Streams">Streams in the table.</param>
public readonly record struct Heartbeat(
    ulong Epoch, double Uptime, ulong Received, ulong Stepped, ulong Published, ulong Streams);
