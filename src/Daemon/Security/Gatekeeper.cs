using System.Collections.Concurrent;
using Realtime.Daemon.Frames.Access;
using Realtime.Protocol.ZeroMq;

namespace Realtime.Daemon.Security;

/// <summary>
/// Guards the bound sockets on a thread of its own: answers whom to let in by the keys, counts connections, and closes
/// those over the limit.
/// </summary>
/// <remarks>libzmq has no limit of connections. It tells of each that it accepts, with the file descriptor, and closing
/// that from outside is a peer that went away.</remarks>
public sealed class Gatekeeper : IDisposable
{
    private const string WakeEndpoint = "inproc://gatekeeper";

    private const ZmqConnectionEvents Failures = ZmqConnectionEvents.HandshakeFailed
        | ZmqConnectionEvents.HandshakeFailedProtocol | ZmqConnectionEvents.HandshakeFailedAuthentication;

    private const ZmqConnectionEvents Watched = ZmqConnectionEvents.Accepted | ZmqConnectionEvents.Disconnected
        | ZmqConnectionEvents.MonitorStopped | Failures;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly ZmqContext _context;
    private readonly ZapHandler? _zap;
    private readonly int _connectionsMax;
    private readonly LimitHits _hits;
    private readonly ZmqSocket? _questions;
    private readonly ZmqSocket _wakeIn;
    private readonly ZmqSocket _wakeOut;
    private readonly ConcurrentQueue<ZmqMonitor> _arriving = new();
    private readonly List<ZmqMonitor> _monitors = [];
    private readonly Dictionary<int, ZmqMonitor> _open = [];
    private readonly Thread _thread;
    private int _watched;
    private volatile bool _stop;

    /// <param name="context">The context of the sockets it guards.</param>
    /// <param name="ring">The keys in force; null where none are needed.</param>
    /// <param name="connectionsMax">Connections of all sockets together.</param>
    /// <param name="hits">Where it counts.</param>
    public Gatekeeper(ZmqContext context, KeyRing? ring, int connectionsMax, LimitHits hits)
    {
        (_context, _connectionsMax, _hits) = (context, connectionsMax, hits);
        _wakeIn = new ZmqSocket(context, ZmqSocketType.Pull);
        _wakeIn.Bind(WakeEndpoint);
        _wakeOut = new ZmqSocket(context, ZmqSocketType.Push);
        _wakeOut.Connect(WakeEndpoint);
        if (ring is not null)
        {
            _zap = new ZapHandler(ring);
            _questions = new ZmqSocket(context, ZmqSocketType.Router)
            {
                SendHighWaterMark = 0, ReceiveHighWaterMark = 0,
            };
            _questions.Bind(ZapHandler.Endpoint);
        }

        _thread = new Thread(Run) { Name = "gatekeeper", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Watches a socket, on the thread that uses it and before it is bound.</summary>
    public void Watch(ZmqSocket socket)
    {
        _arriving.Enqueue(new ZmqMonitor(_context, socket, $"gatekeeper/{_watched++}", Watched));
        Wake();
    }

    /// <summary>After the sockets it guards.</summary>
    public void Dispose()
    {
        _stop = true;
        Wake();
        if (!_thread.Join(Patience))
            return;
        foreach (var monitor in _monitors.Concat(_arriving))
            monitor.Socket.Dispose();
        _questions?.Dispose();
        _wakeIn.Dispose();
        _wakeOut.Dispose();
    }

    // Used by the thread of the sockets alone.
    private void Wake() => _wakeOut.TrySend([]);

    private void Run()
    {
        var poll = MakePoll();
        while (!_stop)
        {
            poll.Wait(Timeout.InfiniteTimeSpan);
            while (_wakeIn.TryReceive([], out _) >= 0)
            {
            }

            while (_zap is not null && _zap.TryAnswer(_questions!))
            {
            }

            if (TakeMonitors() | ReadMonitors())
                poll = MakePoll();
        }
    }

    private ZmqPoll MakePoll()
    {
        var poll = new ZmqPoll();
        poll.Add(_wakeIn);
        if (_questions is not null)
            poll.Add(_questions);
        foreach (var monitor in _monitors)
            poll.Add(monitor.Socket);
        return poll;
    }

    private bool TakeMonitors()
    {
        var any = false;
        for (; _arriving.TryDequeue(out var monitor); any = true)
            _monitors.Add(monitor);
        return any;
    }

    // True where one has come to its end.
    private bool ReadMonitors()
    {
        var ended = false;
        for (var i = _monitors.Count - 1; i >= 0; i--)
        {
            var monitor = _monitors[i];
            while (monitor.TryReceive(out var kind, out var value) && !Take(monitor, kind, value))
            {
            }

            if (monitor.HasEnded)
                ended = true;
        }

        if (ended)
            Drop();
        _hits.SetOpen(_open.Count);
        return ended;
    }

    private bool Take(ZmqMonitor monitor, ZmqConnectionEvents kind, int value)
    {
        if (kind == ZmqConnectionEvents.Accepted)
        {
            _open[value] = monitor;
            if (_open.Count <= _connectionsMax)
                return false;
            _hits.CountConnection();
            Descriptors.ShutDown(value);
        }
        else if (kind == ZmqConnectionEvents.Disconnected)
        {
            _open.Remove(value);
        }
        else if ((kind & Failures) != 0)
        {
            _hits.CountStranger();
        }

        return monitor.HasEnded;
    }

    private void Drop()
    {
        foreach (var monitor in _monitors.Where(static one => one.HasEnded))
        {
            foreach (var descriptor in _open.Where(one => one.Value == monitor).Select(static one => one.Key).ToList())
                _open.Remove(descriptor);
            monitor.Socket.Dispose();
        }

        _monitors.RemoveAll(static one => one.HasEnded);
    }
}
