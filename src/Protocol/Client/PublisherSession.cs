using System.Diagnostics;
using Realtime.Protocol.MessagePack;
using Realtime.Protocol.ZeroMq;

namespace Realtime.Protocol;

/// <summary>The work of a <see cref="ReliablePublisher"/>: connects, greets, sends, takes replies, and does it all
/// again when a connection is lost. Never waits but in <see cref="Wait"/>.</summary>
internal sealed class PublisherSession : IDisposable
{
    // Streams that one hello asks for; 255 bytes each stay below limits.frame.
    private const int NamesMaximum = 1000;

    // What a batch adds to its ticks, at most.
    private const int BatchOverhead = 16;

    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan ConnectSlice = TimeSpan.FromMilliseconds(2);

    private readonly ReliablePublisherOptions _options;
    private readonly ZmqContext _context = new();
    private readonly MessagePackWriter _ticks = new();
    private readonly MessagePackWriter _message = new();
    private readonly Dictionary<string, PublishedStream> _streams = [];

    // Slots to send, in order; slots sent, in order; messages sent, in order.
    private readonly Queue<int> _unsent = new();
    private readonly Queue<int> _sent = new();
    private readonly Queue<Flight> _flights = new();
    private readonly List<PublishedStream> _held = [];
    private readonly List<PublishedStream> _toAsk = [];

    private RequestConnection? _connection;
    private Phase _phase = Phase.Down;
    private long _deadline;
    private TimeSpan _delay;
    private int _frameLimit = 1024 * 1024;
    private PublisherCounts _counts;

    public PublisherSession(ReliablePublisherOptions options)
    {
        _options = options;
        _delay = options.ReconnectDelay;
        Window = new ResendWindow(options.WindowTicks, options.WindowBytes);
    }

    private enum Phase
    {
        /// <summary>No connection; the next attempt is at the deadline.</summary>
        Down,

        /// <summary>It has until the deadline to come up.</summary>
        Connecting,

        /// <summary>The daemon was asked what it has; no tick is sent before it has answered.</summary>
        Greeting,
        Up,
    }

    public ResendWindow Window { get; }
    public ulong Epoch { get; private set; }
    public string? LastTrouble { get; private set; }
    public PublisherCounts Counts => _counts;

    /// <summary>What the caller is to be told: <see cref="Prediction"/>, <see cref="TickFailure"/>,
    /// <see cref="TicksLost"/>.</summary>
    public Queue<object> Reports { get; } = new();

    public int TickBytesMaximum => _frameLimit - BatchOverhead;

    /// <summary>Whether a turn would send at once.</summary>
    public bool IsDue => _flights.Count < _options.MessagesInFlight || _unsent.Count >= _options.BatchTicks;

    public PublishedStream Find(string name)
    {
        if (_streams.TryGetValue(name, out PublishedStream? stream))
            return stream;
        stream = new PublishedStream(name);
        if (!StreamName.IsValid(stream.Label))
            throw new ArgumentException(
                $"found {name}, expected 1 to 255 bytes of UTF-8 without control characters", nameof(name));
        _streams.Add(name, stream);
        return stream;
    }

    /// <summary>Has the daemon asked for a stream's last sequence number, once.</summary>
    public void Ask(PublishedStream stream)
    {
        if (stream.IsAsked)
            return;
        stream.IsAsked = true;
        _toAsk.Add(stream);
    }

    /// <summary>Takes a tick; false where the window is full.</summary>
    public bool Add(PublishedStream stream, ulong seq, ReadOnlySpan<byte> tick)
    {
        int slot = Window.Add(stream, seq, tick);
        if (slot == ResendWindow.None)
            return false;
        stream.Published = seq;
        _counts = _counts with { Published = _counts.Published + 1 };
        if (_phase == Phase.Up && !stream.IsHeld)
            _unsent.Enqueue(slot);
        return true;
    }

    /// <summary>Waits until there may be something to do.</summary>
    public void Wait(TimeSpan timeout)
    {
        TimeSpan most = _phase == Phase.Connecting ? ConnectSlice : Slice;
        if (timeout > most)
            timeout = most;
        if (_connection is not null && _phase != Phase.Connecting)
            _connection.Wait(timeout);
        else
            Thread.Sleep(timeout);
    }

    /// <summary>Does what can be done at once; whether anything came of it.</summary>
    public bool Turn()
    {
        long now = Stopwatch.GetTimestamp();
        switch (_phase)
        {
            case Phase.Down when now >= _deadline:
                Connect(now);
                return true;
            case Phase.Down:
                return false;
            case Phase.Connecting when _connection!.IsUp:
                Greet(now);
                return true;
            case Phase.Connecting when now >= _deadline:
                Break($"{_options.Requests} can't be reached");
                _deadline = now;
                return true;
            case Phase.Connecting:
                return false;
        }
        bool progress = Receive(now);
        if (_phase is Phase.Greeting or Phase.Up)
            Watch(now);
        if (_phase == Phase.Up)
            progress |= SendAll(now);
        return progress;
    }

    public void Dispose()
    {
        _connection?.Dispose();
        _context.Dispose();
    }

    private static long After(long now, TimeSpan time) => now + (long)(time.TotalSeconds * Stopwatch.Frequency);

    private TimeSpan Longer(TimeSpan delay) => delay + delay < _options.DelayMaximum ? delay + delay
        : _options.DelayMaximum;

    private void Connect(long now)
    {
        _connection = new RequestConnection(_context, _options);
        _phase = Phase.Connecting;
        _deadline = After(now, _delay);
    }

    /// <summary>Asks for every stream's last sequence number.</summary>
    private void Greet(long now)
    {
        _phase = Phase.Greeting;
        _counts = _counts with { Connections = _counts.Connections + 1 };
        foreach (PublishedStream stream in _streams.Values)
            stream.IsAsked = true;
        _toAsk.Clear();
        PublishedStream[][] parts = [.. _streams.Values.Chunk(NamesMaximum)];
        foreach (PublishedStream[] part in parts.Length == 0 ? [[]] : parts)
            SendHello(part, now);
    }

    private void SendHello(PublishedStream[] asked, long now)
    {
        _message.Clear();
        _message.WriteMapHeader(2);
        _message.WriteString("op"u8);
        _message.WriteString("hello"u8);
        _message.WriteString("streams"u8);
        _message.WriteArrayHeader(asked.Length);
        foreach (PublishedStream stream in asked)
            _message.WriteString(stream.Label);
        Send(new Flight(0, asked, now));
    }

    private void Send(Flight flight)
    {
        if (_phase is not (Phase.Greeting or Phase.Up))
            return;
        _flights.Enqueue(flight);
        if (!_connection!.TrySend(_message.Written))
            Break("the connection was lost");
    }

    /// <summary>Gives the connection up. The window keeps everything that was not acknowledged.</summary>
    private void Break(string why)
    {
        LastTrouble = why;
        _connection?.Dispose();
        _connection = null;
        _phase = Phase.Down;
        _deadline = After(Stopwatch.GetTimestamp(), _delay);
        _delay = Longer(_delay);
        _flights.Clear();
        _sent.Clear();
        _unsent.Clear();
        _toAsk.Clear();
        foreach (PublishedStream stream in _streams.Values)
        {
            stream.InFlight = 0;
            stream.IsAsked = stream.IsKnown;
        }
    }

    private void Watch(long now)
    {
        if (!_connection!.IsUp)
            Break("the connection was lost");
        else if (_flights.TryPeek(out Flight oldest) && now > After(oldest.SentAt, _options.ReplyTimeout))
            Break($"{_options.Requests} did not answer within {_options.ReplyTimeout.TotalSeconds:0.###} s");
    }

    private bool Receive(long now)
    {
        bool progress = false;
        while (_phase is Phase.Greeting or Phase.Up && _connection!.TryReceive() is { } frame)
        {
            progress = true;
            if (!_flights.TryDequeue(out Flight flight))
                Break("a reply came that nothing was sent for");
            else if (!MessagePackValue.TryParse(frame, out MessagePackValue? reply))
                Break($"{frame.Length} bytes came that are no reply");
            else if (flight.Asked is not null)
                TakeHello(flight.Asked, reply, now);
            else
                TakeAck(flight.Ticks, reply, now);
        }
        return progress;
    }

    private void TakeHello(PublishedStream[] asked, MessagePackValue reply, long now)
    {
        if (reply["epoch"].AsUInt64() is not { } epoch || (_phase == Phase.Up && epoch != Epoch))
        {
            Break($"found {reply}, expected the answer to hello");
            return;
        }
        Epoch = epoch;
        if (reply["limits"]["frame"].AsInt64() is > BatchOverhead and <= int.MaxValue and var frame)
            _frameLimit = (int)frame;
        IReadOnlyList<KeyValuePair<string, MessagePackValue>> streams = reply["streams"].Entries;
        if (streams.Count != asked.Length)
        {
            Break($"hello told of {streams.Count} streams, asked for were {asked.Length}");
            return;
        }
        for (int i = 0; i < asked.Length; i++)
        {
            asked[i].DaemonLast = streams[i].Value.AsUInt64();
            asked[i].IsKnown = true;
        }
        if (_phase == Phase.Greeting && _flights.Count == 0)
            GoOn(now);
    }

    /// <summary>Drops what the daemon has, and queues the rest in the order it was taken.</summary>
    private void GoOn(long now)
    {
        _phase = Phase.Up;
        _delay = _options.ReconnectDelay;
        var slots = new List<int>(Window.Count);
        foreach (PublishedStream stream in _streams.Values)
        {
            ReportLoss(stream);
            DropStepped(stream);
            if (stream.IsHeld)
            {
                // Ticks of the old connection may still be on their way: not before the pause.
                stream.IsProbing = false;
                stream.RetryAt = After(now, stream.RetryDelay);
                continue;
            }
            for (int slot = stream.Head; slot != ResendWindow.None; slot = Window[slot].Next)
                slots.Add(slot);
        }
        slots.Sort((a, b) => Window[a].Order.CompareTo(Window[b].Order));
        foreach (int slot in slots)
            _unsent.Enqueue(slot);
    }

    private void ReportLoss(PublishedStream stream)
    {
        if (stream.Acknowledged is not { } last || stream.DaemonLast >= last)
            return;
        ulong first = stream.FirstAcknowledged!.Value;
        ulong from = stream.DaemonLast is { } has && has >= first ? has + 1 : first;
        _counts = _counts with { Lost = _counts.Lost + (long)(last - from + 1) };
        Reports.Enqueue(new TicksLost(stream.Name, from, last, Epoch));
        stream.Acknowledged = from == first ? null : stream.DaemonLast;
        if (stream.Acknowledged is null)
            stream.FirstAcknowledged = null;
    }

    private void DropStepped(PublishedStream stream)
    {
        if (stream.DaemonLast is not { } has)
            return;
        while (stream.Head != ResendWindow.None)
        {
            ulong seq = Window[stream.Head].Seq;
            // The last one's prediction can still be had: it is sent again as a duplicate.
            if (seq > has || (seq == has && _options.Reply))
                return;
            stream.Acknowledge(seq);
            Window.Release(stream.Head);
            _counts = _counts with
            {
                Acknowledged = _counts.Acknowledged + 1,
                Confirmed = _counts.Confirmed + 1,
                PredictionsMissed = _counts.PredictionsMissed + (_options.Reply ? 1 : 0),
            };
        }
    }

    private void TakeAck(int ticks, MessagePackValue value, long now)
    {
        if (TickReply.From(value) is not { } reply)
        {
            Break($"found {value}, expected an acknowledgement");
            return;
        }
        RealtimeException? fault = RealtimeException.From(value);
        if (reply.Ack.Epoch != Epoch)
            Break($"the daemon's epoch is {reply.Ack.Epoch}, was {Epoch}");
        else if (fault is not null)
            RejectAll(ticks, fault);
        else if (reply.Ack.Received != (ulong)ticks || !Belongs(reply, ticks))
            Break($"an acknowledgement of {reply.Ack.Received} ticks is not the one of the {ticks} sent first");
        else
            Settle(reply, ticks, now);
    }

    // Replies are told apart by their order alone; what they carry must fit what was sent.
    private bool Belongs(TickReply reply, int ticks)
    {
        if ((ulong)reply.Errors.Count != reply.Ack.Rejected + reply.Ack.Refused
            || (_options.Reply && reply.Predictions.Count != ticks))
            return false;
        if (!_options.Reply)
            return true;
        int index = 0;
        foreach (int slot in _sent.Take(ticks))
        {
            if (reply.Predictions[index++] is { } prediction
                && (prediction.Seq != Window[slot].Seq || prediction.Stream != Window[slot].Stream.Name))
                return false;
        }
        return true;
    }

    private void RejectAll(int ticks, RealtimeException fault)
    {
        for (int i = 0; i < ticks; i++)
            Reject(Take(), fault.Code, fault.Message);
    }

    private void Settle(TickReply reply, int ticks, long now)
    {
        int held = _held.Count;
        int error = 0;
        for (int i = 0; i < ticks; i++)
        {
            int slot = Take();
            if (error == reply.Errors.Count || reply.Errors[error].Index != i)
            {
                Acknowledge(slot, _options.Reply ? reply.Predictions[i] : null);
                continue;
            }
            TickError found = reply.Errors[error++];
            if (found.Code.IsRefused())
                Refuse(slot, found, now);
            else
                Reject(slot, found.Code, found.Detail);
        }
        _counts = _counts with { Duplicates = _counts.Duplicates + (long)reply.Ack.Duplicate };
        if (_held.Count != held)
            WithdrawHeld();
    }

    private int Take()
    {
        int slot = _sent.Dequeue();
        Window[slot].Stream.InFlight--;
        return slot;
    }

    private void Acknowledge(int slot, Prediction? prediction)
    {
        PublishedStream stream = Window[slot].Stream;
        stream.Acknowledge(Window[slot].Seq);
        Window.Release(slot);
        _counts = _counts with
        {
            Acknowledged = _counts.Acknowledged + 1,
            PredictionsMissed = _counts.PredictionsMissed + (_options.Reply && prediction is null ? 1 : 0),
        };
        if (prediction is not null)
            Reports.Enqueue(prediction);
        LetGo(stream);
    }

    private void Reject(int slot, ErrorCode code, string detail)
    {
        PublishedStream stream = Window[slot].Stream;
        Reports.Enqueue(new TickFailure(stream.Name, Window[slot].Seq, code, detail));
        Window.Release(slot);
        _counts = _counts with { Rejected = _counts.Rejected + 1 };
        LetGo(stream);
    }

    private void Refuse(int slot, TickError error, long now)
    {
        PublishedStream stream = Window[slot].Stream;
        _counts = _counts with { Refused = _counts.Refused + 1 };
        if (stream.IsHeld && !stream.IsProbing)
            return;
        stream.RetryDelay = stream.IsHeld ? Longer(stream.RetryDelay) : _options.RetryDelay;
        stream.RetryAt = After(now, stream.RetryDelay);
        stream.IsProbing = false;
        if (!stream.IsHeld)
            _held.Add(stream);
        stream.IsHeld = true;
        Reports.Enqueue(new TickFailure(stream.Name, Window[slot].Seq, error.Code, error.Detail));
    }

    /// <summary>The tick that was tried alone is settled: the rest of its stream may go.</summary>
    private void LetGo(PublishedStream stream)
    {
        if (!stream.IsHeld || !stream.IsProbing)
            return;
        stream.IsHeld = stream.IsProbing = false;
        _held.Remove(stream);
        for (int slot = stream.Head; slot != ResendWindow.None; slot = Window[slot].Next)
            _unsent.Enqueue(slot);
    }

    // Nothing of a stream slips past its refused tick.
    private void WithdrawHeld()
    {
        for (int left = _unsent.Count; left > 0; left--)
        {
            int slot = _unsent.Dequeue();
            if (!Window[slot].Stream.IsHeld)
                _unsent.Enqueue(slot);
        }
    }

    private void RetryHeld(long now)
    {
        for (int i = _held.Count - 1; i >= 0; i--)
        {
            PublishedStream stream = _held[i];
            if (stream.IsProbing || stream.InFlight != 0 || now < stream.RetryAt)
                continue;
            stream.IsProbing = true;
            if (stream.Head == ResendWindow.None)
                LetGo(stream);
            else
                _unsent.Enqueue(stream.Head);
        }
    }

    private bool SendAll(long now)
    {
        bool progress = false;
        RetryHeld(now);
        if (_toAsk.Count != 0)
        {
            PublishedStream[] asked = [.. _toAsk.Take(NamesMaximum)];
            _toAsk.RemoveRange(0, asked.Length);
            SendHello(asked, now);
            progress = true;
        }
        while (_phase == Phase.Up && _unsent.Count != 0 && _flights.Count < _options.MessagesInFlight)
        {
            SendBatch(now);
            progress = true;
        }
        return progress;
    }

    private void SendBatch(long now)
    {
        _ticks.Clear();
        int count = 0;
        int resent = 0;
        while (count < _options.BatchTicks && _unsent.TryPeek(out int index))
        {
            ref ResendWindow.Slot slot = ref Window[index];
            if (count != 0 && _ticks.Length + slot.Length > TickBytesMaximum)
                break;
            _unsent.Dequeue();
            _sent.Enqueue(index);
            _ticks.WriteRaw(slot.Tick);
            slot.Stream.InFlight++;
            resent += slot.WasSent ? 1 : 0;
            slot.WasSent = true;
            count++;
        }
        _counts = _counts with { Resent = _counts.Resent + resent };
        _message.Clear();
        TickWriter.WriteBatch(_message, count, _ticks.Written, _options.Reply);
        Send(new Flight(count, null, now));
    }

    /// <summary>A message without a reply: a batch of ticks, or a hello.</summary>
    private readonly record struct Flight(int Ticks, PublishedStream[]? Asked, long SentAt);
}
