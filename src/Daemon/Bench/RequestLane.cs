using Realtime.Daemon.Commands;
using Realtime.Protocol.ZeroMq;

namespace Realtime.Daemon.Bench;

/// <summary>Ticks as requests, the prediction in each one's reply, over one DEALER.</summary>
public sealed class RequestLane : ILane
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly ZmqSocket _socket;

    public RequestLane(ZmqContext context, string endpoint, TickFeed feed, ClientKeys? keys = null)
    {
        Feed = feed;
        _socket = new ZmqSocket(context, ZmqSocketType.Dealer) { SendHighWaterMark = 0, ReceiveHighWaterMark = 0 };
        ClientKeys.Use(keys, _socket);
        _socket.Connect(endpoint);
    }

    public string Name => "requests";
    public TickFeed Feed { get; }
    public ZmqSocket Answers => _socket;
    public int AnswerSize { get; private set; }

    public bool TrySend(long tick) => _socket.TrySend(Feed.Tick(tick));

    public bool TryReceive(out long tick)
    {
        tick = -1;
        var size = _socket.TryReceive(_buffer, out _);
        if (size < 0)
            return false;
        AnswerSize = size;
        tick = Feed.NumberOf(_buffer.AsSpan(0, Math.Min(size, _buffer.Length)));
        return true;
    }

    public void Dispose() => _socket.Dispose();
}
