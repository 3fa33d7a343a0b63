using Realtime.Daemon.Configuration;
using Realtime.Daemon.Frames;
using Realtime.Protocol;
using Realtime.Protocol.ZeroMq;

namespace Realtime.Daemon.Io;

/// <summary>
/// The daemon's ZeroMQ sockets: PULL <c>ingest</c>, ROUTER <c>requests</c>, XPUB <c>predictions</c> and a SUB per
/// <c>subscribe</c> entry.
/// </summary>
/// <remarks>Made on one thread, then used by the loop's alone; only <see cref="Wake"/> is for others.</remarks>
public sealed class ZmqTransport : ITickSource, IPredictionSink, IDisposable
{
    // Messages taken from one socket before the next has its turn.
    private const int Turn = 64;

    // A frame over this many times limits.frame closes its connection.
    private const int CloseFactor = 16;

    // Messages that may wait for one subscriber, and replies for one client, until they are dropped. A frame sends
    // thousands at once; ZeroMQ's own 1000 would drop them before a peer that reads all the time has had its chance.
    private const int PredictionsWaiting = 65_536;
    private const int RepliesWaiting = 16_384;

    // One byte longer than any name, so that it is seen to be none.
    private const int TopicMax = StreamName.MaximumLength + 1;

    // More of a subscription than its beginning is not looked at.
    private const int SubscriptionMax = 8;

    // How long the last predictions and replies may take to leave when the daemon stops, in milliseconds.
    private const int LeaveMilliseconds = 500;

    private const string WakeEndpoint = "inproc://wake";

    private readonly ZmqContext _context = new();
    private readonly List<(ZmqSocket Socket, Origin Origin)> _inputs = [];
    private readonly ZmqSocket _requests;
    private readonly ZmqSocket _predictions;
    private readonly ZmqSocket _wakeIn;
    private readonly ZmqSocket _wakeOut;
    private readonly Lock _wakeLock = new();
    private readonly ZmqPoll _poll = new();
    private readonly Dictionary<string, string> _endpoints = [];
    private readonly byte[] _subscription = new byte[SubscriptionMax];
    private int _subscriptions;

    /// <exception cref="ZmqException">An endpoint can't be bound.</exception>
    public ZmqTransport(EndpointOptions endpoints, LimitOptions limits)
    {
        _requests = Open(ZmqSocketType.Router, limits);
        _requests.RouterMandatory = true;
        _requests.SendHighWaterMark = RepliesWaiting;
        _requests.Linger = LeaveMilliseconds;
        Bind(_requests, "requests", endpoints.Requests);
        _inputs.Add((_requests, Origin.Request));

        var ingest = Open(ZmqSocketType.Pull, limits);
        Bind(ingest, "ingest", endpoints.Ingest);
        _inputs.Add((ingest, Origin.Ingest));

        _predictions = Open(ZmqSocketType.XPub, limits);
        _predictions.SendHighWaterMark = PredictionsWaiting;
        _predictions.Linger = LeaveMilliseconds;
        Bind(_predictions, "predictions", endpoints.Predictions);
        for (var i = 0; i < endpoints.Subscribe.Count; i++)
            _inputs.Add((Subscribe(endpoints.Subscribe[i], i, limits), Origin.Subscription));

        _wakeIn = Open(ZmqSocketType.Pull, limits);
        _wakeIn.Bind(WakeEndpoint);
        _wakeOut = Open(ZmqSocketType.Push, limits);
        _wakeOut.Connect(WakeEndpoint);
        foreach (var (socket, _) in _inputs)
            _poll.Add(socket);
        _poll.Add(_wakeIn);
    }

    /// <summary>Endpoints as bound or connected, by the names of the configuration.</summary>
    public IReadOnlyDictionary<string, string> Endpoints => _endpoints;

    /// <summary>A subscription that predictions may match.</summary>
    public bool HasSubscribers => _subscriptions != 0;

    public void Receive(Inbox inbox)
    {
        bool progress;
        ReceiveSubscriptions();
        do
        {
            progress = false;
            foreach (var (socket, origin) in _inputs)
                for (var i = 0; i < Turn && !inbox.IsFull && TryReceive(socket, origin, inbox); i++)
                    progress = true;
        }
        while (progress && !inbox.IsFull);
    }

    public void Wait(TimeSpan timeout)
    {
        _poll.Wait(timeout);
        while (_wakeIn.TryReceive([], out _) >= 0)
        {
        }
    }

    public void Wake()
    {
        // A full queue wakes as well as one more message does.
        lock (_wakeLock)
            _wakeOut.TrySend([]);
    }

    public bool Publish(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload) =>
        _predictions.TrySend(topic, more: true) && _predictions.TrySend(payload);

    public bool Reply(ReadOnlySpan<byte> identity, bool delimiter, ReadOnlySpan<byte> payload) =>
        _requests.TrySendTo(identity, payload, delimiter) == SendOutcome.Sent;

    public void Dispose()
    {
        foreach (var (socket, _) in _inputs)
            socket.Dispose();
        _predictions.Dispose();
        _wakeIn.Dispose();
        _wakeOut.Dispose();
        _context.Dispose();
    }

    // XPUB gives the first subscription to each topic, after a 1, and the end of the last one, after a 0.
    private void ReceiveSubscriptions()
    {
        int size;
        while ((size = _predictions.TryReceive(_subscription, out var more)) >= 0)
        {
            if (more)
                _predictions.SkipFrames();
            if (size == 0 || _subscription[0] > 1)
                continue;
            var topic = _subscription.AsSpan(1, Math.Min(size, SubscriptionMax) - 1);
            if (topic.IsEmpty || topic[0] == Topic.Prediction && (topic.Length == 1 || topic[1] == (byte)'/'))
                _subscriptions += _subscription[0] == 1 ? 1 : -1;
        }
    }

    private static bool TryReceive(ZmqSocket socket, Origin origin, Inbox inbox)
    {
        var message = new Message { Origin = origin };
        if (!TryTake(socket, inbox, ref message, out var slice, out var more))
            return false;
        if (origin == Origin.Request)
        {
            message.Identity = slice;
            if (more && TryTake(socket, inbox, ref message, out slice, out more) && slice.IsEmpty && more
                && message.LargestFrame <= inbox.FrameLimit)
            {
                message.Delimiter = true;
                TryTake(socket, inbox, ref message, out slice, out more);
            }
        }

        message.Payload = slice;
        message.Frames = 1;
        if (more)
        {
            // What is too long for a topic must not take the payload's room.
            message.Topic = inbox.Shorten(slice, TopicMax);
            TryTake(socket, inbox, ref message, out message.Payload, out more);
            message.Frames = 2;
        }

        if (more)
            message.Frames += socket.SkipFrames();
        inbox.Add(in message);
        return true;
    }

    // A frame that is too large leaves nothing but its size.
    private static bool TryTake(
        ZmqSocket socket, Inbox inbox, ref Message message, out Slice slice, out bool more)
    {
        var size = socket.TryReceive(inbox.Free, out more);
        var fits = size <= inbox.FrameLimit && size <= inbox.Free.Length;
        slice = inbox.Keep(fits ? Math.Max(size, 0) : 0);
        message.LargestFrame = Math.Max(message.LargestFrame, fits ? size : Math.Max(size, inbox.FrameLimit + 1));
        return size >= 0;
    }

    private ZmqSocket Open(ZmqSocketType type, LimitOptions limits)
    {
        var socket = new ZmqSocket(_context, type) { Linger = 0 };
        socket.MaximumMessageSize = (long)CloseFactor * limits.Frame;
        return socket;
    }

    private void Bind(ZmqSocket socket, string name, string endpoint) => _endpoints[name] = socket.Bind(endpoint);

    private ZmqSocket Subscribe(SubscribeOptions options, int index, LimitOptions limits)
    {
        var socket = Open(ZmqSocketType.Sub, limits);
        foreach (var topic in options.Topics)
            socket.Subscribe(topic);
        if (options.Bind)
        {
            Bind(socket, $"subscribe[{index}]", options.Endpoint);
            return socket;
        }

        socket.Connect(options.Endpoint);
        _endpoints[$"subscribe[{index}]"] = options.Endpoint;
        return socket;
    }
}
