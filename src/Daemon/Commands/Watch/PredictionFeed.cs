using Realtime.Protocol;
using Realtime.Protocol.ZeroMq;

namespace Realtime.Daemon.Commands;

/// <summary>The subscribing end: predictions, events and anomalies of streams by prefix, and the heartbeat.</summary>
internal sealed class PredictionFeed : IDisposable
{
    // PUB drops for a subscriber that can't keep up: this is how far it may fall behind.
    private const int HighWaterMark = 100_000;

    private readonly ZmqContext _context = new();
    private readonly ZmqSocket _socket;

    /// <exception cref="ZmqException">libzmq refuses the endpoint.</exception>
    public PredictionFeed(string endpoint, string prefix, ClientKeys? keys = null)
    {
        _socket = new ZmqSocket(_context, ZmqSocketType.Sub) { ReceiveHighWaterMark = HighWaterMark };
        try
        {
            _socket.Subscribe(Topic.Of(Topic.Prediction, prefix));
            _socket.Subscribe(Topic.Of(Topic.Event, prefix));
            _socket.Subscribe(Topic.Of(Topic.Anomaly, prefix));
            _socket.Subscribe(Topic.Heartbeat);
            ClientKeys.Use(keys, _socket);
            _socket.Connect(endpoint);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Waits for a message of two frames; false when the time was over or another came.</summary>
    public bool TryReceive(TimeSpan timeout, out byte[] topic, out byte[] payload)
    {
        (topic, payload) = ([], []);
        if (_socket.ReceiveFrame(timeout, out var more) is not { } first)
            return false;
        topic = first;
        var second = more ? _socket.ReceiveFrame(TimeSpan.Zero, out _) : null;
        _socket.SkipFrames();
        payload = second ?? [];
        return second is not null;
    }

    public void Dispose()
    {
        _socket.Dispose();
        _context.Dispose();
    }
}
