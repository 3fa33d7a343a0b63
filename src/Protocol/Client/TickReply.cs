using Realtime.Protocol.MessagePack;

namespace Realtime.Protocol;

/// <summary>A tick that was not stepped, and why.</summary>
public sealed record TickError(int Index, ErrorCode Code, string Detail);

/// <summary>The reply to ticks that were sent to <c>requests</c>.</summary>
/// <param name="Ack">What became of them.</param>
/// <param name="Errors">Those that were rejected or refused.</param>
/// <param name="Predictions">Where asked for: one per tick in order, null for one that was not stepped.</param>
public sealed record TickReply(
    AckCounts Ack, IReadOnlyList<TickError> Errors, IReadOnlyList<Prediction?> Predictions)
{
    /// <summary>Decodes a reply; null where the element is none.</summary>
    public static TickReply? From(MessagePackValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        MessagePackValue ack = value["ack"];
        if (ack.Type != MessagePackType.Map)
            return null;
        var counts = new AckCounts(
            Count(ack, "epoch"), Count(ack, "accepted"), Count(ack, "duplicate"), Count(ack, "rejected"),
            Count(ack, "refused"));
        return new TickReply(
            counts,
            [.. value["errors"].Items.Select(error => new TickError(
                (int)(error["index"].AsInt64() ?? 0),
                (ErrorCode)(error["code"].AsInt64() ?? 0),
                error["detail"].AsString() ?? ""))],
            [.. value["predictions"].Items.Select(Prediction.From)]);
    }

    private static ulong Count(MessagePackValue ack, string key) => ack[key].AsUInt64() ?? 0;
}
