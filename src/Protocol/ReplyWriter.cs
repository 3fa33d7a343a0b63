using Realtime.Protocol.MessagePack;

namespace Realtime.Protocol;

/// <summary>What became of the ticks of one message. <see cref="Received"/> is the sum of the other four.</summary>
public readonly record struct AckCounts(
    ulong Epoch, ulong Accepted, ulong Duplicate, ulong Rejected, ulong Refused)
{
    public ulong Received => Accepted + Duplicate + Rejected + Refused;
}

/// <summary>The parts of a reply, for <see cref="ReplyWriter.Write"/>.</summary>
public ref struct ReplyContent
{
    public AckCounts Ack { get; set; }

    /// <summary>How many elements <see cref="ReplyWriter.WriteError(MessagePackWriter, int, ErrorCode,
    /// ReadOnlySpan{char})"/> wrote, and their bytes.</summary>
    public int ErrorCount { get; set; }
    public ReadOnlySpan<byte> Errors { get; set; }

    /// <summary>Whether predictions were asked for.</summary>
    public bool HasPredictions { get; set; }

    /// <summary>How many predictions or nils there are, and their bytes.</summary>
    public int PredictionCount { get; set; }
    public ReadOnlySpan<byte> Predictions { get; set; }

    /// <summary>The request's <c>rid</c> as it came; empty where it had none.</summary>
    public ReadOnlySpan<byte> Rid { get; set; }

    /// <summary>Where the message itself was at fault: the reply is an error reply too.</summary>
    public ErrorCode Fault { get; set; }
    public ReadOnlySpan<char> FaultDetail { get; set; }
}

/// <summary>Writes the replies of the <c>requests</c> socket.</summary>
public static class ReplyWriter
{
    /// <summary>Appends <c>{"ack": {…}, "errors": […], "predictions": […]?, "error": {…}?, "rid": …?}</c>.</summary>
    public static void Write(MessagePackWriter writer, in ReplyContent reply)
    {
        WriteHead(writer, in reply);
        if (reply.HasPredictions)
            writer.WriteRaw(reply.Predictions);
        WriteTail(writer, in reply);
    }

    /// <summary>Appends what comes before the bytes of the predictions.</summary>
    public static void WriteHead(MessagePackWriter writer, in ReplyContent reply)
    {
        ArgumentNullException.ThrowIfNull(writer);
        bool isFault = reply.Fault != ErrorCode.None;
        writer.WriteMapHeader(2 + (reply.HasPredictions ? 1 : 0) + (isFault ? 1 : 0) + (reply.Rid.IsEmpty ? 0 : 1));
        writer.WriteString("ack"u8);
        WriteAck(writer, reply.Ack);
        writer.WriteString("errors"u8);
        writer.WriteArrayHeader(reply.ErrorCount);
        writer.WriteRaw(reply.Errors);
        if (reply.HasPredictions)
        {
            writer.WriteString("predictions"u8);
            writer.WriteArrayHeader(reply.PredictionCount);
        }
    }

    /// <summary>Appends what comes behind them.</summary>
    public static void WriteTail(MessagePackWriter writer, in ReplyContent reply)
    {
        if (reply.Fault != ErrorCode.None)
            WriteErrorEntry(writer, reply.Fault, reply.FaultDetail);
        WriteRid(writer, reply.Rid);
    }

    /// <summary>Appends the map of counts that stands under <c>ack</c>.</summary>
    public static void WriteAck(MessagePackWriter writer, in AckCounts ack)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteMapHeader(6);
        writer.WriteString("epoch"u8);
        writer.WriteUInt64(ack.Epoch);
        writer.WriteString("received"u8);
        writer.WriteUInt64(ack.Received);
        writer.WriteString("accepted"u8);
        writer.WriteUInt64(ack.Accepted);
        writer.WriteString("duplicate"u8);
        writer.WriteUInt64(ack.Duplicate);
        writer.WriteString("rejected"u8);
        writer.WriteUInt64(ack.Rejected);
        writer.WriteString("refused"u8);
        writer.WriteUInt64(ack.Refused);
    }

    /// <summary>Appends one element of <c>errors</c>: <c>{"index", "code", "detail"}</c>.</summary>
    public static void WriteError(MessagePackWriter writer, int index, ErrorCode code, ReadOnlySpan<char> detail)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteMapHeader(3);
        writer.WriteString("index"u8);
        writer.WriteInt64(index);
        writer.WriteString("code"u8);
        writer.WriteUInt64((ulong)code);
        writer.WriteString("detail"u8);
        writer.WriteString(detail);
    }

    /// <summary>Appends a whole error reply: <c>{"error": {"code", "reason", "detail"}, "rid": …?}</c>.</summary>
    /// <param name="writer">Gets the map.</param>
    /// <param name="code">Why the request was not taken.</param>
    /// <param name="detail">What was found and what was expected.</param>
    /// <param name="rid">The request's <c>rid</c> as it came; empty where it had none.</param>
    public static void WriteErrorReply(
        MessagePackWriter writer, ErrorCode code, ReadOnlySpan<char> detail, ReadOnlySpan<byte> rid = default)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteMapHeader(rid.IsEmpty ? 1 : 2);
        WriteErrorEntry(writer, code, detail);
        WriteRid(writer, rid);
    }

    /// <summary>Appends the key <c>error</c> and its map, an entry of a reply's map.</summary>
    public static void WriteErrorEntry(MessagePackWriter writer, ErrorCode code, ReadOnlySpan<char> detail)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteString("error"u8);
        writer.WriteMapHeader(3);
        writer.WriteString("code"u8);
        writer.WriteUInt64((ulong)code);
        writer.WriteString("reason"u8);
        writer.WriteString(code.Reason());
        writer.WriteString("detail"u8);
        writer.WriteString(detail);
    }

    /// <summary>Appends the key <c>rid</c> and its element; nothing where it is empty. The map's header counts it.
    /// </summary>
    public static void WriteRid(MessagePackWriter writer, ReadOnlySpan<byte> rid)
    {
        ArgumentNullException.ThrowIfNull(writer);
        if (rid.IsEmpty)
            return;
        writer.WriteString("rid"u8);
        writer.WriteRaw(rid);
    }
}
