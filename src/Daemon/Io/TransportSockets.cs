using Realtime.Daemon.Configuration;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Access;
using Realtime.Daemon.Security;
using Realtime.Protocol.ZeroMq;

namespace Realtime.Daemon.Io;

/// <summary>A socket that ticks come by.</summary>
/// <param name="Socket">The socket.</param>
/// <param name="Origin">Which.</param>
/// <param name="IsGuarded">Its peers were let in by their keys, and messages say whose they are.</param>
internal readonly record struct TransportInput(ZmqSocket Socket, Origin Origin, bool IsGuarded);

/// <summary>The daemon's sockets with their options; those that are bound can be opened anew.</summary>
internal sealed class TransportSockets : IDisposable
{
    // A frame over this many times limits.frame closes its connection.
    private const int CloseFactor = 16;

    // Replies that may wait for one client until they are dropped. A frame sends thousands at once; ZeroMQ's own 1000
    // would drop them before a peer that reads all the time has had its chance.
    private const int RepliesWaiting = 16_384;

    // How long the last predictions and replies may take to leave when a socket is closed, in milliseconds.
    private const int LeaveMilliseconds = 500;

    // Who does not finish a handshake in this time, in milliseconds, does not come in.
    private const int HandshakeMilliseconds = 10_000;

    // A peer that is gone without a word: the kernel asks after so many seconds of silence, so often, so many times.
    private const int KeepAliveIdle = 60;
    private const int KeepAliveInterval = 10;
    private const int KeepAliveCount = 3;

    private readonly ZmqContext _context;
    private readonly LimitOptions _limits;
    private readonly KeyRing? _ring;
    private readonly Gatekeeper _gatekeeper;
    private readonly BoundSocket _requests;
    private readonly BoundSocket _ingest;
    private readonly BoundSocket _predictions;
    private readonly List<BoundSocket> _bound = [];
    private readonly List<BoundSocket> _boundSubscriptions = [];
    private readonly List<(SubscribeOptions Options, ZmqSocket Socket)> _connected = [];
    private readonly Dictionary<string, string> _endpoints = [];
    private ZmqCurveKeys? _connectedWith;

    public TransportSockets(
        ZmqContext context, EndpointOptions endpoints, LimitOptions limits, KeyRing? ring, LimitHits hits)
    {
        (_context, _limits, _ring) = (context, limits, ring);
        _gatekeeper = new Gatekeeper(context, ring, limits.Connections, hits);
        try
        {
            _requests = Bind("requests", endpoints.Requests, MakeRequests);
            _ingest = Bind("ingest", endpoints.Ingest, () => MakeGuarded(ZmqSocketType.Pull));
            _predictions = Bind("predictions", endpoints.Predictions, MakePredictions);
            for (var i = 0; i < endpoints.Subscribe.Count; i++)
                Subscribe(endpoints.Subscribe[i], $"subscribe[{i}]");
            Inputs = ListInputs();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public IReadOnlyDictionary<string, string> Endpoints => _endpoints;

    public ZmqSocket Requests => _requests.Socket;

    public ZmqSocket Predictions => _predictions.Socket;

    /// <summary>Where ticks come from.</summary>
    public TransportInput[] Inputs { get; private set; }

    /// <summary>Subscriptions are granted by rights.</summary>
    public bool GuardsPredictions { get; private set; }

    public bool AreBound { get; private set; } = true;

    /// <summary>Something has come that is not taken in.</summary>
    public bool HaveInput => Inputs.Any(static input => input.Socket.HasInput);

    /// <summary>Ends every connection that was let in, or made by a key that is no longer the daemon's.</summary>
    /// <remarks>Unbinding would do no less, and sooner: libzmq ends a listener's connections with it.</remarks>
    public void Renew()
    {
        AreBound = false;
        foreach (var bound in _bound)
            bound.Renew();
        if (_ring is not null && _connectedWith != _ring.Keys.Server)
            Reconnect();
        Inputs = ListInputs();
    }

    /// <summary>The same for <c>predictions</c> alone.</summary>
    public void RenewPredictions()
    {
        AreBound = false;
        _predictions.Renew();
    }

    /// <summary>Binds what the old sockets have let go of.</summary>
    public void TryBindAgain()
    {
        AreBound = true;
        foreach (var bound in _bound)
            AreBound &= bound.IsBound || bound.TryBindAgain();
    }

    public void Dispose()
    {
        foreach (var bound in _bound)
            bound.Dispose();
        foreach (var (_, socket) in _connected)
            socket.Dispose();
        _gatekeeper.Dispose();
    }

    private TransportInput[] ListInputs() =>
    [
        new(_requests.Socket, Origin.Request, _ring is not null),
        new(_ingest.Socket, Origin.Ingest, _ring is not null),
        .. _boundSubscriptions.Select(one => new TransportInput(one.Socket, Origin.Subscription, _ring is not null)),
        .. _connected.Select(static one => new TransportInput(one.Socket, Origin.Subscription, false)),
    ];

    private BoundSocket Bind(string name, string endpoint, Func<ZmqSocket> make)
    {
        var bound = new BoundSocket(endpoint, make);
        _bound.Add(bound);
        _endpoints[name] = bound.Bind();
        return bound;
    }

    private ZmqSocket MakeRequests()
    {
        var socket = MakeGuarded(ZmqSocketType.Router);
        socket.RouterMandatory = true;
        socket.SendHighWaterMark = RepliesWaiting;
        socket.Linger = LeaveMilliseconds;
        return socket;
    }

    private ZmqSocket MakePredictions()
    {
        var socket = MakeGuarded(ZmqSocketType.XPub);
        socket.SendHighWaterMark = _limits.Predictions;
        socket.Linger = LeaveMilliseconds;
        GuardsPredictions = _ring?.Keys.LimitsSubscribers ?? false;
        if (GuardsPredictions)
            SubscriptionDesk.Guard(socket);
        return socket;
    }

    private ZmqSocket MakeGuarded(ZmqSocketType type)
    {
        var socket = Make(type);
        if (_ring is not null)
        {
            socket.UseCurve(_ring.Keys.Server);
            socket.AskZapHandler(ZapHandler.Domain);
        }

        _gatekeeper.Watch(socket);
        return socket;
    }

    private ZmqSocket Make(ZmqSocketType type)
    {
        var socket = new ZmqSocket(_context, type) { Linger = 0 };
        socket.MaximumMessageSize = (long)CloseFactor * _limits.Frame;
        socket.Set(ZmqOption.HandshakeInterval, HandshakeMilliseconds);
        socket.Set(ZmqOption.TcpKeepAlive, 1);
        socket.Set(ZmqOption.TcpKeepAliveIdle, KeepAliveIdle);
        socket.Set(ZmqOption.TcpKeepAliveInterval, KeepAliveInterval);
        socket.Set(ZmqOption.TcpKeepAliveCount, KeepAliveCount);
        return socket;
    }

    private void Subscribe(SubscribeOptions options, string name)
    {
        if (options.Bind)
        {
            _boundSubscriptions.Add(Bind(name, options.Endpoint, () => MakeSubscriber(options, bind: true)));
            return;
        }

        _connected.Add((options, MakeSubscriber(options, bind: false)));
        _endpoints[name] = options.Endpoint;
    }

    private ZmqSocket MakeSubscriber(SubscribeOptions options, bool bind)
    {
        var socket = bind ? MakeGuarded(ZmqSocketType.Sub) : Make(ZmqSocketType.Sub);
        foreach (var topic in options.Topics)
            socket.Subscribe(topic);
        if (bind)
            return socket;
        if (options.ServerKey is { } serverKey)
            socket.UseCurve(_connectedWith ??= _ring?.Keys.Server ?? ZmqCurveKeys.Create(), serverKey);
        socket.Connect(options.Endpoint);
        return socket;
    }

    private void Reconnect()
    {
        _connectedWith = _ring!.Keys.Server;
        for (var i = 0; i < _connected.Count; i++)
        {
            var (options, socket) = _connected[i];
            if (options.ServerKey is null)
                continue;
            socket.Dispose();
            _connected[i] = (options, MakeSubscriber(options, bind: false));
        }
    }
}
