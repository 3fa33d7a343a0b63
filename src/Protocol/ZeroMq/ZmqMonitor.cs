using System.Buffers.Binary;

namespace Realtime.Protocol.ZeroMq;

/// <summary>What libzmq tells of a socket's connections, by its numbers.</summary>
[Flags]
public enum ZmqConnectionEvents
{
    None = 0,
    Connected = 0x0001,
    ConnectDelayed = 0x0002,
    ConnectRetried = 0x0004,
    Listening = 0x0008,
    BindFailed = 0x0010,
    Accepted = 0x0020,
    AcceptFailed = 0x0040,
    Closed = 0x0080,
    CloseFailed = 0x0100,
    Disconnected = 0x0200,
    MonitorStopped = 0x0400,
    HandshakeFailed = 0x0800,
    HandshakeSucceeded = 0x1000,
    HandshakeFailedProtocol = 0x2000,
    HandshakeFailedAuthentication = 0x4000,
    All = 0xffff,
}

/// <summary>The connections of one socket as they come and go: to count them, and to tell why a peer was not let
/// in. Its <see cref="Socket"/> can be polled with others.</summary>
public sealed class ZmqMonitor : IDisposable
{
    private readonly ZmqSocket _monitored;

    /// <param name="context">The context of the monitored socket.</param>
    /// <param name="monitored">The socket, which is disposed after the monitor.</param>
    /// <param name="name">A name that no other monitor of the context has.</param>
    /// <param name="events">Which events.</param>
    public ZmqMonitor(
        ZmqContext context,
        ZmqSocket monitored,
        string name,
        ZmqConnectionEvents events = ZmqConnectionEvents.All)
    {
        ArgumentNullException.ThrowIfNull(monitored);
        _monitored = monitored;
        string endpoint = $"inproc://monitor/{name}";
        monitored.Monitor(endpoint, (int)events);
        // libzmq's own thread would wait for room.
        Socket = new ZmqSocket(context, ZmqSocketType.Pair) { ReceiveHighWaterMark = 0 };
        Socket.Connect(endpoint);
    }

    public ZmqSocket Socket { get; }

    /// <summary>The monitored socket is gone: nothing more will come.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Takes the next event if there is one. Allocates nothing.</summary>
    /// <param name="kind">What happened.</param>
    /// <param name="value">Mostly a file descriptor; of a failure its errno or reason.</param>
    public bool TryReceive(out ZmqConnectionEvents kind, out int value)
    {
        Span<byte> frame = stackalloc byte[6];
        kind = ZmqConnectionEvents.None;
        value = 0;
        if (Socket.TryReceive(frame, out _) != frame.Length)
            return false;
        Socket.SkipFrames();
        kind = (ZmqConnectionEvents)BinaryPrimitives.ReadUInt16LittleEndian(frame);
        value = BinaryPrimitives.ReadInt32LittleEndian(frame[2..]);
        HasEnded |= kind == ZmqConnectionEvents.MonitorStopped;
        return true;
    }

    public void Dispose()
    {
        _monitored.Monitor(null, 0);
        Socket.Dispose();
    }
}
