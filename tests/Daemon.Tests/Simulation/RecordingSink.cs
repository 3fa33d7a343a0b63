using System.Text;
using Realtime.Daemon.Frames;
using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Tests.Simulation;

internal sealed record Published(string Topic, byte[] Payload)
{
    public MessagePackValue Value => Read.Value(Payload);
}

internal sealed record Replied(byte[] Identity, bool Delimiter, byte[] Payload)
{
    public MessagePackValue Value => Read.Value(Payload);
}

/// <summary>Keeps everything that goes out.</summary>
internal sealed class RecordingSink : IPredictionSink
{
    public List<Published> Everything { get; } = [];
    public List<Replied> Replies { get; } = [];

    /// <summary>Nobody takes anything.</summary>
    public bool IsDown { get; set; }

    public bool HasSubscribers { get; set; } = true;

    public IEnumerable<Published> Predictions => Everything.Where(static one => one.Topic.StartsWith("p/"));

    public IEnumerable<StreamEvent> Events => Everything
        .Where(static one => one.Topic.StartsWith("e/"))
        .Select(static one => StreamEvent.From(one.Value)!);

    public IEnumerable<MessagePackValue> Heartbeats => Everything
        .Where(static one => one.Topic == "h")
        .Select(static one => one.Value);

    public bool Publish(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload)
    {
        if (!IsDown)
            Everything.Add(new Published(Encoding.UTF8.GetString(topic), payload.ToArray()));
        return !IsDown;
    }

    public bool Reply(ReadOnlySpan<byte> identity, bool delimiter, ReadOnlySpan<byte> payload)
    {
        if (!IsDown)
            Replies.Add(new Replied(identity.ToArray(), delimiter, payload.ToArray()));
        return !IsDown;
    }
}
