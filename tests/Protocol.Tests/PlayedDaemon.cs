using System.Diagnostics;
using Realtime.Protocol.MessagePack;
using Realtime.Protocol.ZeroMq;

namespace Realtime.Protocol.Tests;

/// <summary>A daemon's <c>requests</c> with faults: keeps each stream's order as the protocol has it, steps nothing.
/// </summary>
internal sealed class PlayedDaemon : IDisposable
{
    private readonly ZmqContext _context = new();
    private readonly Thread _thread;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, List<ulong>> _stepped = [];
    private readonly Dictionary<string, ulong> _last = [];
    private readonly Dictionary<string, ulong> _owed = [];
    private readonly HashSet<string> _peers = [];
    private ZmqSocket _socket;
    private ulong _epoch = 1;
    private volatile bool _stop;
    private volatile bool _drop;

    public PlayedDaemon(string endpoint = "tcp://127.0.0.1:0")
    {
        _socket = Open(endpoint);
        Endpoint = _socket.LastEndpoint;
        _thread = new Thread(Run);
        _thread.Start();
    }

    public string Endpoint { get; }

    /// <summary>Whether a tick is refused, and why.</summary>
    public Func<string, ulong, ErrorCode> Refuse { get; set; } = static (_, _) => ErrorCode.None;

    /// <summary>Whether a batch is stepped and not answered.</summary>
    public Func<bool> Silent { get; set; } = static () => false;

    /// <summary>Whether an acknowledgement counts a tick too much.</summary>
    public Func<bool> Miscount { get; set; } = static () => false;

    /// <summary>Answers every batch, unstepped, by an error.</summary>
    public ErrorCode Fault { get; set; }

    /// <summary>Every tick that came, in order. Read while nothing comes.</summary>
    public List<(string Stream, ulong Seq)> Received { get; } = [];

    public int Peers => _peers.Count;

    public IReadOnlyList<ulong> Stepped(string stream)
    {
        lock (_lock)
            return _stepped.TryGetValue(stream, out List<ulong>? stepped) ? [.. stepped] : [];
    }

    /// <summary>Another epoch behind the same connection, as behind a proxy.</summary>
    public void ChangeEpoch()
    {
        lock (_lock)
            _epoch++;
    }

    /// <summary>Sets a stream's count back.</summary>
    public void Forget(string stream, ulong last)
    {
        lock (_lock)
            _last[stream] = last;
    }

    /// <summary>Closes every connection.</summary>
    public void Drop()
    {
        _drop = true;
        while (_drop)
            Thread.Sleep(1);
    }

    public void Dispose()
    {
        _stop = true;
        _thread.Join();
        _context.Dispose();
    }

    private ZmqSocket Open(string endpoint)
    {
        var socket = new ZmqSocket(_context, ZmqSocketType.Router) { RouterMandatory = true };
        var watch = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                socket.Bind(endpoint);
                return socket;
            }
            catch (ZmqException) when (watch.Elapsed < TimeSpan.FromSeconds(10))
            {
                // A free port: any process on this machine may hold it for a moment as that of an outgoing connection.
                Thread.Sleep(10);
            }
        }
    }

    private void Run()
    {
        while (!_stop)
        {
            if (_drop)
            {
                _socket.Unbind(Endpoint);
                _socket.Dispose();
                _socket = Open(Endpoint);
                _drop = false;
            }
            if (_socket.ReceiveFrame(TimeSpan.FromMilliseconds(5), out _) is not { } peer)
                continue;
            byte[] payload = _socket.ReceiveFrame(TimeSpan.FromSeconds(1), out _)!;
            _peers.Add(Convert.ToHexString(peer));
            Assert.True(MessagePackValue.TryParse(payload, out MessagePackValue? message));
            byte[]? reply;
            lock (_lock)
                reply = message.Type == MessagePackType.Map ? Hello(message) : Take(message.Items[1].Items);
            if (reply is not null)
                _socket.TrySendTo(peer, reply);
        }
        _socket.Dispose();
    }

    private byte[] Hello(MessagePackValue request) => Pack.Bytes(writer =>
    {
        IReadOnlyList<MessagePackValue> streams = request["streams"].Items;
        writer.WriteMapHeader(3);
        writer.WriteString("epoch");
        writer.WriteUInt64(_epoch);
        writer.WriteString("limits");
        writer.WriteMapHeader(0);
        writer.WriteString("streams");
        writer.WriteMapHeader(streams.Count);
        foreach (MessagePackValue stream in streams)
        {
            writer.WriteString(stream.AsString());
            if (_last.TryGetValue(stream.AsString()!, out ulong last))
                writer.WriteUInt64(last);
            else
                writer.WriteNil();
        }
    });

    private byte[]? Take(IReadOnlyList<MessagePackValue> ticks)
    {
        var errors = new MessagePackWriter();
        ulong accepted = 0, duplicate = 0, refused = 0;
        for (int i = 0; i < ticks.Count && Fault == ErrorCode.None; i++)
        {
            string stream = ticks[i].Items[1].AsString()!;
            ulong seq = ticks[i].Items[2].AsUInt64()!.Value;
            Received.Add((stream, seq));
            ErrorCode code = Judge(stream, seq);
            if (code != ErrorCode.None)
            {
                refused++;
                ReplyWriter.WriteError(errors, i, code, "");
            }
            else if (_last.TryGetValue(stream, out ulong last) && seq <= last)
            {
                duplicate++;
            }
            else
            {
                accepted++;
                Step(stream, seq);
            }
        }
        if (Silent())
            return null;
        return Pack.Bytes(writer => ReplyWriter.Write(writer, new ReplyContent
        {
            Ack = Fault == ErrorCode.None
                ? new AckCounts(_epoch, accepted + (Miscount() ? 1u : 0), duplicate, 0, refused)
                : new AckCounts(_epoch, 0, 0, 1, 0),
            ErrorCount = (int)refused,
            Errors = errors.Written,
            Fault = Fault,
        }));
    }

    private ErrorCode Judge(string stream, ulong seq)
    {
        if (_owed.TryGetValue(stream, out ulong owed) && seq > owed)
            return ErrorCode.NotNext;
        ErrorCode code = Refuse(stream, seq);
        if (code != ErrorCode.None)
            _owed[stream] = seq;
        return code;
    }

    private void Step(string stream, ulong seq)
    {
        _owed.Remove(stream);
        _last[stream] = seq;
        if (!_stepped.TryGetValue(stream, out List<ulong>? stepped))
            _stepped.Add(stream, stepped = []);
        stepped.Add(seq);
    }
}
