using System.Text;
using Realtime.Protocol.MessagePack;

namespace Realtime.Protocol;

/// <summary>A message of the <c>predictions</c> socket: one of the three, the others null.</summary>
public sealed record SubscribedMessage(
    string Topic, Prediction? Prediction = null, StreamEvent? Event = null, Heartbeat? Heartbeat = null)
{
    /// <summary>Decodes a message; null where it is none of the three.</summary>
    public static SubscribedMessage? From(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload)
    {
        if (topic.IsEmpty || !MessagePackValue.TryParse(payload, out MessagePackValue? value))
            return null;
        var message = new SubscribedMessage(Encoding.UTF8.GetString(topic));
        message = topic[0] switch
        {
            Protocol.Topic.Prediction => message with { Prediction = Prediction.From(value) },
            Protocol.Topic.Event or Protocol.Topic.Anomaly => message with { Event = StreamEvent.From(value) },
            _ when topic.SequenceEqual(Protocol.Topic.Heartbeat) => message with { Heartbeat = HeartbeatOf(value) },
            _ => message,
        };
        return message is { Prediction: null, Event: null, Heartbeat: null } ? null : message;
    }

    private static Heartbeat HeartbeatOf(MessagePackValue value) => new(
        value["epoch"].AsUInt64() ?? 0,
        value["uptime"].AsDouble() ?? 0,
        value["received"].AsUInt64() ?? 0,
        value["stepped"].AsUInt64() ?? 0,
        value["published"].AsUInt64() ?? 0,
        value["streams"].AsUInt64() ?? 0);
}
