using Realtime.Daemon.Configuration;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Access;
using Realtime.Daemon.Security;
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

    // One byte longer than any name, so that it is seen to be none.
    private const int TopicMax = StreamName.MaximumLength + 1;
    private const int UserMax = 256;

    // Frames that may pass until sockets that are opened anew have taken in what had come.
    private const int LastFrames = 256;

    private const string WakeEndpoint = "inproc://wake";

    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(1);

    private readonly ZmqContext _context = new();
    private readonly TransportSockets _sockets;
    private readonly ReplyMemory _replyMemory;
    private readonly SubscriptionDesk _subscriptions;
    private readonly ZmqSocket _wakeIn;
    private readonly ZmqSocket _wakeOut;
    private readonly Lock _wakeLock = new();
    private readonly byte[] _user = new byte[UserMax];
    private readonly KeyRing? _ring;
    private ZmqPoll _poll;
    private ClientTable? _clients;
    private Func<bool>? _isQuiet;
    private int _lastFrames;

    /// <param name="endpoints">Where.</param>
    /// <param name="limits">How much.</param>
    /// <param name="ring">Keys, the daemon's and its clients'; null where none are needed.</param>
    /// <param name="hits">Where limits that were hit are counted.</param>
    /// <exception cref="ZmqException">An endpoint can't be bound.</exception>
    public ZmqTransport(EndpointOptions endpoints, LimitOptions limits, KeyRing? ring = null, LimitHits? hits = null)
    {
        hits ??= new LimitHits();
        _ring = ring;
        _replyMemory = new ReplyMemory(limits.Replies, hits);
        _subscriptions = new SubscriptionDesk(hits);
        _wakeIn = new ZmqSocket(_context, ZmqSocketType.Pull);
        _wakeIn.Bind(WakeEndpoint);
        _wakeOut = new ZmqSocket(_context, ZmqSocketType.Push);
        _wakeOut.Connect(WakeEndpoint);
        _sockets = new TransportSockets(_context, endpoints, limits, ring, hits);
        if (ring is not null)
            _clients = new ClientTable(ring.Keys.Rights, 0);
        _poll = MakePoll();
    }

    /// <summary>Endpoints as bound or connected, by the names of the configuration.</summary>
    public IReadOnlyDictionary<string, string> Endpoints => _sockets.Endpoints;

    /// <summary>A subscription that predictions may match.</summary>
    public bool HasSubscribers => _subscriptions.HasSubscribers;

    /// <summary>Told the name of a client that disturbed the subscriptions of others, whose connections then ended.
    /// </summary>
    public Action<string>? Disturbed { get; set; }

    /// <summary>The sockets are closed and opened anew just now.</summary>
    public bool IsReopening => _isQuiet is not null || !_sockets.AreBound;

    /// <summary>Puts other rights in force; on the loop's thread.</summary>
    public void Use(ClientTable clients) => _clients = clients;

    /// <summary>
    /// Ends every connection and listens anew, once what had come is taken in and answered; on the loop's thread.
    /// Clients connect again by themselves.
    /// </summary>
    /// <param name="isQuiet">Whether no reply is owed to anybody.</param>
    public void Reopen(Func<bool> isQuiet) => (_isQuiet, _lastFrames) = (isQuiet, 0);

    public void Receive(Inbox inbox)
    {
        if (IsReopening)
            GoOnReopening();
        ReceiveSubscriptions();
        bool isMore;
        do
        {
            isMore = false;
            foreach (var input in _sockets.Inputs)
            {
                var taken = 0;
                while (taken < Turn && !inbox.IsFull && TryReceive(input, inbox))
                    taken++;
                // The others were found empty a moment ago.
                isMore |= taken == Turn;
            }
        }
        while (isMore && !inbox.IsFull);
    }

    public void Wait(TimeSpan timeout)
    {
        _poll.Wait(IsReopening && timeout > Soon ? Soon : timeout);
        while (_wakeIn.TryReceive([], out _) >= 0)
        {
        }
    }

    public void Pause() => BriefSleep.Run();

    public void Wake()
    {
        // A full queue wakes as well as one more message does.
        lock (_wakeLock)
            _wakeOut.TrySend([]);
    }

    public bool Publish(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload) =>
        _sockets.Predictions.TrySend(topic, more: true) && _sockets.Predictions.TrySend(payload);

    public bool Reply(ReadOnlySpan<byte> identity, bool delimiter, ReadOnlySpan<byte> payload) =>
        _replyMemory.TrySend(_sockets.Requests, identity, delimiter, payload);

    public void Dispose()
    {
        _sockets.Dispose();
        _wakeIn.Dispose();
        _wakeOut.Dispose();
        _context.Dispose();
    }

    private void ReceiveSubscriptions()
    {
        _subscriptions.Receive(_sockets.Predictions, _sockets.GuardsPredictions ? _clients : null);
        if (_subscriptions.Disturber is not { } name || IsReopening)
            return;
        Disturbed?.Invoke(name);
        _sockets.RenewPredictions();
        _subscriptions.Renew();
        _poll = MakePoll();
    }

    // First what has come is taken in and answered; then the sockets are new, and bound as soon as the old ones let go.
    private void GoOnReopening()
    {
        if (_isQuiet is { } isQuiet)
        {
            if (++_lastFrames <= LastFrames && !(isQuiet() && !_sockets.HaveInput))
                return;
            _isQuiet = null;
            _sockets.Renew();
            _subscriptions.Renew();
            _poll = MakePoll();
        }

        _sockets.TryBindAgain();
    }

    private ZmqPoll MakePoll()
    {
        var poll = new ZmqPoll();
        foreach (var input in _sockets.Inputs)
            poll.Add(input.Socket);
        poll.Add(_wakeIn);
        return poll;
    }

    private bool TryReceive(TransportInput input, Inbox inbox)
    {
        var message = new Message { Origin = input.Origin };
        var socket = input.Socket;
        Slice slice;
        bool more;
        if (input.Origin != Origin.Request)
        {
            if (!TryTakeSigned(input, inbox, ref message, out slice, out more))
                return false;
        }
        else if (!TryTake(socket, inbox, ref message, out message.Identity, out more))
        {
            return false;
        }
        else if (TryTakeSigned(input, inbox, ref message, out slice, out more) && slice.IsEmpty && more
            && message.LargestFrame <= inbox.FrameLimit)
        {
            message.Delimiter = true;
            TryTake(socket, inbox, ref message, out slice, out more);
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

    // The first frame that the sender made tells who it is, where senders need a key; ROUTER's routing id need not.
    private bool TryTakeSigned(
        TransportInput input, Inbox inbox, ref Message message, out Slice slice, out bool more)
    {
        if (!input.IsGuarded)
            return TryTake(input.Socket, inbox, ref message, out slice, out more);
        var size = input.Socket.TryReceiveFrom(inbox.Free, _user, out var userLength, out more);
        if (size >= 0)
            message.Client = _clients!.Find(_user.AsSpan(0, Math.Min(userLength, UserMax)));
        return Keep(size, inbox, ref message, out slice);
    }

    private static bool TryTake(
        ZmqSocket socket, Inbox inbox, ref Message message, out Slice slice, out bool more) =>
        Keep(socket.TryReceive(inbox.Free, out more), inbox, ref message, out slice);

    // A frame that is too large leaves nothing but its size.
    private static bool Keep(int size, Inbox inbox, ref Message message, out Slice slice)
    {
        var fits = size <= inbox.FrameLimit && size <= inbox.Free.Length;
        slice = inbox.Keep(fits ? Math.Max(size, 0) : 0);
        message.LargestFrame = Math.Max(message.LargestFrame, fits ? size : Math.Max(size, inbox.FrameLimit + 1));
        return size >= 0;
    }
}
