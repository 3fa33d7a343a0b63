using Realtime.Protocol.ZeroMq;

namespace Realtime.Protocol;

/// <summary>One connection to the daemon's <c>requests</c>, used once: when it breaks it stays broken, and what was
/// queued for it is gone.</summary>
/// <remarks>A ZeroMQ socket left to itself connects again and sends what it still had queued, which would come after
/// the daemon was asked what it has, and out of order. So this one never does.</remarks>
internal sealed class RequestConnection : IDisposable
{
    private readonly ZmqSocket _socket;
    private readonly ZmqPoll _poll = new();

    public RequestConnection(ZmqContext context, ReliablePublisherOptions options)
    {
        _socket = new ZmqSocket(context, ZmqSocketType.Dealer);
        try
        {
            _socket.Immediate = true;
            _socket.Linger = 0;
            _socket.SendHighWaterMark = 0;
            _socket.ReceiveHighWaterMark = 0;
            _socket.Set(ZmqOption.ReconnectInterval, -1);
            // A peer that is gone without a word is noticed even when nothing is in flight.
            int milliseconds = (int)Math.Clamp(options.ReplyTimeout.TotalMilliseconds, 100, int.MaxValue);
            _socket.Set(ZmqOption.HeartbeatInterval, milliseconds);
            _socket.Set(ZmqOption.HeartbeatTimeout, milliseconds);
            if (options is { Keys: { } keys, ServerKey: { } serverKey })
                _socket.UseCurve(keys, serverKey);
            _socket.Connect(options.Requests);
            _poll.Add(_socket);
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
    }

    /// <summary>Whether the other side is there: not before the handshake, and never again after a break.</summary>
    public bool IsUp => _socket.HasOutput;

    public bool TrySend(ReadOnlySpan<byte> message) => _socket.TrySend(message);

    /// <summary>The last frame of the next message; null where none is there.</summary>
    public byte[]? TryReceive()
    {
        byte[]? frame = _socket.ReceiveFrame(TimeSpan.Zero, out bool more);
        while (frame is not null && more)
            frame = _socket.ReceiveFrame(TimeSpan.Zero, out more);
        return frame;
    }

    /// <summary>Waits for something to receive.</summary>
    public void Wait(TimeSpan timeout) => _poll.Wait(timeout);

    public void Dispose() => _socket.Dispose();
}
