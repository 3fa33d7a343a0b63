using Realtime.Protocol.MessagePack;
using Realtime.Protocol.ZeroMq;

namespace Realtime.Protocol;

/// <summary>
/// A client of a running daemon: ticks without and with acknowledgement, requests, predictions. Sockets are opened
/// when first used. Used by one thread at a time.
/// </summary>
/// <remarks>Every wait ends after <see cref="RealtimeClientOptions.Timeout"/> with a
/// <see cref="TimeoutException"/> that names the endpoint, unless a member says otherwise.</remarks>
public sealed class RealtimeClient : IDisposable
{
    private readonly RealtimeClientOptions _options;
    private readonly ZmqContext _context = new();
    private readonly MessagePackWriter _writer = new();
    private ZmqSocket? _ingest;
    private ZmqSocket? _requests;
    private ZmqSocket? _predictions;

    public RealtimeClient(RealtimeClientOptions? options = null) => _options = options ?? new RealtimeClientOptions();

    /// <summary>Sends a tick or a batch to <c>ingest</c>, fire and forget, waiting while the queue is full.</summary>
    /// <param name="payload">As <see cref="TickWriter"/> writes it.</param>
    public void Publish(ReadOnlySpan<byte> payload)
    {
        _ingest ??= Open(ZmqSocketType.Push, _options.Ingest);
        if (!_ingest.Send(payload, _options.Timeout))
            throw Late("take a message", _options.Ingest);
    }

    /// <summary>Publishes one tick.</summary>
    public void Publish(string stream, ReadOnlySpan<double> values, ulong? seq = null, long? time = null)
    {
        _writer.Clear();
        TickWriter.WriteMap(_writer, LabelOf(stream), values, seq, time);
        Publish(_writer.Written);
    }

    /// <summary>Sends a tick or a batch to <c>requests</c> and waits for its acknowledgement.</summary>
    /// <param name="payload">As <see cref="TickWriter"/> writes it.</param>
    /// <exception cref="RealtimeException">The daemon did not take the message as a whole.</exception>
    public TickReply Send(ReadOnlySpan<byte> payload)
    {
        Post(payload);
        return ReceiveTickReply();
    }

    /// <summary>Sends one tick to <c>requests</c> and waits for its acknowledgement.</summary>
    public TickReply Send(
        string stream, ReadOnlySpan<double> values, ulong? seq = null, long? time = null, bool reply = false)
    {
        _writer.Clear();
        TickWriter.WriteMap(_writer, LabelOf(stream), values, seq, time, reply);
        return Send(_writer.Written);
    }

    /// <summary>Sends to <c>requests</c> without waiting for the reply, which <see cref="ReceiveReply"/> or
    /// <see cref="ReceiveTickReply"/> takes later; replies come in order.</summary>
    public void Post(ReadOnlySpan<byte> payload)
    {
        _requests ??= Open(ZmqSocketType.Dealer, _options.Requests);
        if (!_requests.Send(payload, _options.Timeout))
            throw Late("take a request", _options.Requests);
    }

    /// <summary>Waits for the reply to the oldest request posted that has none.</summary>
    /// <exception cref="RealtimeException">It is an error, or no map.</exception>
    public MessagePackValue ReceiveReply()
    {
        ZmqSocket socket = _requests ?? throw new InvalidOperationException("nothing has been posted");
        byte[]? frame = socket.ReceiveFrame(_options.Timeout, out bool more);
        while (frame is { Length: 0 } && more)
            frame = socket.ReceiveFrame(_options.Timeout, out more);
        if (frame is null)
        {
            // A late reply would be taken for the next request's: it goes with the connection.
            socket.Linger = 0;
            socket.Dispose();
            _requests = null;
            throw Late("answer", _options.Requests);
        }
        socket.SkipFrames();
        if (!MessagePackValue.TryParse(frame, out MessagePackValue? reply) || reply.Type != MessagePackType.Map)
            throw NoReply($"found {frame.Length} bytes that are no map, expected a reply");
        if (RealtimeException.From(reply) is { } error)
            throw error;
        return reply;
    }

    /// <summary>The same for the reply to ticks.</summary>
    public TickReply ReceiveTickReply()
    {
        MessagePackValue reply = ReceiveReply();
        return TickReply.From(reply) ?? throw NoReply($"found {reply}, expected a reply with ack");
    }

    /// <summary>Makes a control request and waits for its reply.</summary>
    /// <param name="op">Its name: hello, describe, streams, …</param>
    /// <param name="count">How many arguments <paramref name="arguments"/> writes.</param>
    /// <param name="arguments">Writes a key and a value for each.</param>
    /// <exception cref="RealtimeException">The daemon answered with an error.</exception>
    public MessagePackValue Request(string op, int count = 0, Action<MessagePackWriter>? arguments = null)
    {
        _writer.Clear();
        _writer.WriteMapHeader(1 + count);
        _writer.WriteString("op"u8);
        _writer.WriteString(op);
        arguments?.Invoke(_writer);
        Post(_writer.Written);
        return ReceiveReply();
    }

    /// <summary>Makes a control request with one argument that is a string.</summary>
    public MessagePackValue Request(string op, string key, string value) => Request(op, 1, writer =>
    {
        writer.WriteString(key);
        writer.WriteString(value);
    });

    /// <summary>Asks for the messages whose topic starts so; <see cref="Topic.Of"/> makes topics.</summary>
    public void Subscribe(string topicPrefix)
    {
        _predictions ??= Open(ZmqSocketType.Sub, _options.Predictions);
        _predictions.Subscribe(topicPrefix);
    }

    /// <summary>Waits for a message that was subscribed to; steps over what is no message of the protocol.</summary>
    /// <returns>Null when the time was over.</returns>
    public SubscribedMessage? Receive(TimeSpan timeout)
    {
        ZmqSocket socket = _predictions ?? throw new InvalidOperationException("nothing has been subscribed to");
        var deadline = new Deadline(timeout);
        while (true)
        {
            byte[]? topic = socket.ReceiveFrame(deadline.Remaining, out bool more);
            if (topic is null)
                return null;
            byte[]? payload = more ? socket.ReceiveFrame(TimeSpan.Zero, out more) : null;
            socket.SkipFrames();
            if (payload is not null && SubscribedMessage.From(topic, payload) is { } message)
                return message;
        }
    }

    public void Dispose()
    {
        _ingest?.Dispose();
        _requests?.Dispose();
        _predictions?.Dispose();
        _context.Dispose();
    }

    private ZmqSocket Open(ZmqSocketType type, string endpoint)
    {
        var socket = new ZmqSocket(_context, type);
        try
        {
            if (type != ZmqSocketType.Sub)
            {
                // Without a daemon a send waits, and says so in the end, instead of queueing for nobody.
                socket.Immediate = true;
                socket.Linger = (int)Math.Clamp(_options.Timeout.TotalMilliseconds, -1, int.MaxValue);
            }
            if (_options is { Keys: { } keys, ServerKey: { } serverKey })
                socket.UseCurve(keys, serverKey);
            socket.Connect(endpoint);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static StreamLabel LabelOf(string stream) => new(System.Text.Encoding.UTF8.GetBytes(stream));

    private TimeoutException Late(string what, string endpoint) => new(
        $"the daemon at {endpoint} did not {what} within {_options.Timeout.TotalSeconds:0.###} s; is it running?");

    private static RealtimeException NoReply(string found) => new(ErrorCode.None, found);
}
