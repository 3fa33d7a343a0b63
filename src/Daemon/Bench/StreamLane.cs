using Realtime.Daemon.Commands;
using Realtime.Protocol.ZeroMq;

namespace Realtime.Daemon.Bench;

/// <summary>Ticks by PUSH to the daemon's PULL, predictions by SUB from its PUB, which may drop.</summary>
public sealed class StreamLane : ILane
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly ZmqSocket _push;
    private readonly ZmqSocket _subscriber;

    public StreamLane(
        ZmqContext context, string ingest, string predictions, TickFeed feed, ClientKeys? keys = null)
    {
        Feed = feed;
        _push = new ZmqSocket(context, ZmqSocketType.Push) { SendHighWaterMark = 0 };
        ClientKeys.Use(keys, _push);
        _push.Connect(ingest);
        _subscriber = new ZmqSocket(context, ZmqSocketType.Sub) { ReceiveHighWaterMark = 0 };
        ClientKeys.Use(keys, _subscriber);
        _subscriber.Connect(predictions);
        _subscriber.Subscribe("p/" + feed.Prefix);
    }

    public string Name => "PULL to PUB";
    public TickFeed Feed { get; }
    public ZmqSocket Answers => _subscriber;
    public int AnswerSize { get; private set; }

    public bool TrySend(long tick) => _push.TrySend(Feed.Tick(tick));

    public bool TryReceive(out long tick)
    {
        tick = -1;
        // Topic and payload come together or not at all.
        if (_subscriber.TryReceive(_buffer, out var more) < 0 || !more)
            return false;
        AnswerSize = _subscriber.TryReceive(_buffer, out _);
        tick = Feed.NumberOf(_buffer.AsSpan(0, Math.Min(AnswerSize, _buffer.Length)));
        return true;
    }

    public void Dispose()
    {
        _push.Dispose();
        _subscriber.Dispose();
    }
}
