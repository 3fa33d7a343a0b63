using System.Runtime.CompilerServices;
using Realtime.Daemon.Frames.Access;
using Realtime.Daemon.Frames.HandOver;
using Realtime.Daemon.Frames.Requests;
using Realtime.Protocol;

namespace Realtime.Daemon.Frames;

/// <summary>
/// Bytes to ticks: resolves each tick to its stream's row, judges its sequence number, and makes it an item of the
/// frame, or an outcome that says why not.
/// </summary>
public sealed class Decoder
{
    /// <summary>Longest run of missing ticks that <c>streams.onGap: impute</c> steps over one by one.</summary>
    public const int ImputedMax = 1000;

    // What a tick that never came takes of a record, in bytes of messages that take as much.
    private const long ImputedBytes = 2;

    private const int RejectedEventsPerSecond = 10;
    private const int StalledAfter = 100;

    // Bytes of control replies after which a frame ends.
    private const int RepliesMax = 4 * 1024 * 1024;

    // Bytes of predictions that a batch may ask back.
    private const long PredictionsMax = 256 * 1024 * 1024;
    private const long Second = 1_000_000_000;

    private readonly World _world;
    private FrameWork _work;
    private Inbox _inbox;
    private readonly RequestDesk _desk;
    private readonly TickShapes _shapes = new();
    private readonly Admission _admission;
    private readonly int _ticksMax;
    private readonly byte[] _digits = new byte[StreamName.MaximumDigits];

    private double[] _values = [];
    private long _predictionBytes;
    private int _generation;
    private int _next;
    private bool _open;
    private MessageHeader _header;
    private int _cursor;
    private int _left;
    private int _ticks;
    private Outcome _outcome;

    public Decoder(World world, FrameWork work, Inbox inbox, RequestDesk desk, int ticksMax)
    {
        _world = world;
        _work = work;
        _inbox = inbox;
        _desk = desk;
        _ticksMax = ticksMax;
        _admission = new Admission(world);
        Measure();
    }

    /// <summary>Nothing is left of what was received.</summary>
    public bool IsDrained => _next == _inbox.Count;

    /// <summary>Ticks and requests of the last frame, imputed ticks among them.</summary>
    public int Ticks => _ticks;

    /// <summary>The last frame took nothing: the journal is making room for it.</summary>
    public bool IsHeldUp { get; private set; }

    /// <summary>Decodes until the inbox is empty or the frame is full; the rest waits for the next frame.</summary>
    public void Run()
    {
        _ticks = 0;
        if (_generation != _world.Generation)
            Measure();
        var imputed = _world.OnGap == GapPolicy.Impute ? ImputedBytes * (_ticksMax + ImputedMax) : 0;
        _world.TakesChanges = _world.Changes.CanTake(_inbox.Used + imputed);
        // Nothing has failed: room for a large frame is being made.
        IsHeldUp = !_world.TakesChanges && _world.Changes.Fault is null;
        if (IsHeldUp)
            return;
        while (!IsDrained && _ticks < _ticksMax)
        {
            ref var message = ref _inbox[_next];
            if (!_open && !TryOpen(in message))
                continue;
            if (_header.Kind == PayloadKind.Control)
            {
                // What came before it must be stepped before it looks at the world, and replies wait in memory.
                if (_work.ItemCount != 0 || _work.Replies.Length > RepliesMax)
                    return;
                AnswerControl(in message);
                continue;
            }

            DecodeTicks(in message);
        }
    }

    /// <summary>Called before a request that looks at the world or changes it.</summary>
    public Action? BeforeControl { get; set; }

    /// <summary>Forgets an emptied inbox.</summary>
    public void Rewind()
    {
        _inbox.Clear();
        _next = 0;
    }

    /// <summary>Goes on with another inbox; nothing is left of the one before.</summary>
    public void Use(Inbox inbox) => (_inbox, _next) = (inbox, 0);

    /// <summary>Fills another frame from here on.</summary>
    public void Use(FrameWork work) => _work = work;

    private void Measure()
    {
        _generation = _world.Generation;
        _values = new double[_world.Models.Max(static model => model.InputCount)];
        _predictionBytes = _world.Models.Max(static model => model.PredictionBytes);
    }

    private bool TryOpen(in Message message)
    {
        _header = default;
        if (message.Client is { IsRevoked: true })
        {
            IgnoreMessage();
            return false;
        }

        var fault = EnvelopeFault(in message, out var code);
        if (fault is null)
        {
            TickReader.ReadHeader(_inbox.Bytes(message.Payload), _shapes, out _header);
            if (_header.Kind != PayloadKind.Tick)
                fault = HeaderFault(message.Origin, out code);
        }

        if (fault is null && message.Origin != Origin.Request && message.Client is { } client
            && _admission.RefusesAll(client, _header.Count))
        {
            _ticks++;
            Close();
            return false;
        }

        if (fault is null)
        {
            _open = true;
            _cursor = _header.Cursor;
            _left = _header.Count;
            return true;
        }

        RejectMessage(in message, code, fault);
        return false;
    }

    private string? EnvelopeFault(in Message message, out ErrorCode code)
    {
        var isTooLarge = message.LargestFrame > _inbox.FrameLimit;
        code = isTooLarge ? ErrorCode.TooLarge : ErrorCode.Malformed;
        if (isTooLarge || message.Frames is < 1 or > 2)
            return EnvelopeText(in message, isTooLarge);
        return message.Payload.Length == 0 ? "an empty payload" : null;
    }

    // What few go through is kept out of what all do, texts put together above all: its locals would be cleared too.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private string EnvelopeText(in Message message, bool isTooLarge) => isTooLarge
        ? $"a frame of {message.LargestFrame} bytes, limits.frame is {_inbox.FrameLimit}"
        : $"{message.Frames} frames, expected [payload] or [topic][payload]";

    [MethodImpl(MethodImplOptions.NoInlining)]
    private string? HeaderFault(Origin origin, out ErrorCode code)
    {
        (var fault, code) = _header.Kind switch
        {
            PayloadKind.Malformed => (_header.Fault ?? "not MessagePack", ErrorCode.Malformed),
            PayloadKind.Unsupported => (_header.Fault ?? "unknown form", ErrorCode.Unsupported),
            PayloadKind.Control when origin != Origin.Request =>
                ("a control request, which is taken on requests only", ErrorCode.NotAllowed),
            PayloadKind.Batch when _header.Reply && _header.Count * _predictionBytes > PredictionsMax =>
                ($"{_header.Count} ticks with reply, expected at most {PredictionsMax / _predictionBytes}",
                    ErrorCode.TooLarge),
            _ => (null, ErrorCode.None),
        };
        return fault;
    }

    // The whole message is one tick that was received and rejected.
    private void RejectMessage(in Message message, ErrorCode code, string fault)
    {
        _ticks++;
        _world.Counters.Received++;
        _world.Counters.Reject(code);
        if (message.Origin == Origin.Request)
        {
            _work.Add(new Outcome(OutcomeKind.Rejected, -1, code, fault));
            _work.Add(new RequestWork(
                _next, _work.OutcomeCount - 1, _work.OutcomeCount, true, false, Within(in message, _header.Rid), true,
                default));
        }

        Close();
    }

    // It was under way when its sender's key was taken back: counted, and not answered.
    private void IgnoreMessage()
    {
        _ticks++;
        _world.Counters.Received++;
        _world.Counters.Reject(ErrorCode.NotAllowed);
        _world.Limits.NotAllowed++;
        Close();
    }

    private void AnswerControl(in Message message)
    {
        BeforeControl?.Invoke();
        var start = _work.Replies.Length;
        _desk.Execute(_inbox.Bytes(message.Payload), _work.Replies, message.Client);
        var reply = new Slice(start, _work.Replies.Length - start);
        _work.Add(new RequestWork(
            _next, _work.OutcomeCount, _work.OutcomeCount, true, false, Within(in message, _desk.Rid), false, reply,
            _desk.Ticket));
        if (_desk.Late is { } rid)
            _world.HandOvers.Reload!(new LateReply(_inbox.Bytes(message.Identity).ToArray(), rid));
        _ticks++;
        Close();
    }

    private void DecodeTicks(in Message message)
    {
        var payload = _inbox.Bytes(message.Payload);
        var isRequest = message.Origin == Origin.Request;
        var first = _work.OutcomeCount;
        var faulty = false;
        while (_left > 0 && _ticks < _ticksMax)
        {
            _left--;
            _ticks++;
            _world.Counters.Received++;
            ref var outcome = ref isRequest ? ref _work.AddOutcome() : ref _outcome;
            if (TickReader.TryReadTick(payload, in _header, _shapes, ref _cursor, out var tick, out var fault))
                Take(in message, payload, in tick, isRequest, ref outcome);
            else
                outcome = new Outcome(OutcomeKind.Rejected, -1, ErrorCode.Malformed, fault);
            if (outcome.Kind == OutcomeKind.Accepted)
                _world.Counters.Stepped++;
            else
                CountOther(in outcome);
            if (_header.Kind == PayloadKind.Tick)
            {
                _header.Reply = tick.Reply;
                _header.Rid = tick.Rid;
                faulty = outcome.Code == ErrorCode.Malformed;
            }
        }

        if (isRequest)
            AddRequest(in message, first, faulty);
        if (_left == 0)
            Close();
    }

    private void AddRequest(in Message message, int first, bool faulty)
    {
        var rid = Within(in message, _header.Rid);
        _work.Add(new RequestWork(_next, first, _work.OutcomeCount, _left == 0, _header.Reply, rid, faulty, default));
    }

    private void Close()
    {
        _open = false;
        _header = default;
        _next++;
    }

    // Slices of a payload count from its start; those of the frame's work from the inbox's.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Slice Within(in Message message, Slice slice) =>
        slice.Length == 0 ? default : new Slice(message.Payload.Offset + slice.Offset, slice.Length);

    private void CountOther(in Outcome outcome)
    {
        var counters = _world.Counters;
        switch (outcome.Kind)
        {
            case OutcomeKind.Duplicate:
                counters.Duplicate++;
                break;
            case OutcomeKind.Rejected:
                counters.Reject(outcome.Code);
                break;
            default:
                counters.Refuse(outcome.Code);
                break;
        }
    }

    private void Take(
        in Message message, ReadOnlySpan<byte> payload, in Tick tick, bool isRequest, ref Outcome outcome)
    {
        var name = NameOf(in message, payload, in tick, out var fault);
        if (fault is not null)
        {
            outcome = new Outcome(OutcomeKind.Rejected, -1, ErrorCode.Malformed, fault);
            return;
        }

        if (message.Client is { } client && !_admission.Admits(client, name, in tick, isRequest, ref outcome))
            return;

        var row = _world.Streams.Find(name);
        if (!_world.TakesChanges)
            outcome = RefuseNotDurable(in tick, name, row, isRequest);
        else if (row < 0)
            outcome = TakeFirst(in message, payload, in tick, name, isRequest);
        else
            TakeNext(in message, payload, in tick, row, isRequest, ref outcome);
    }

    // A tick that was stepped before owes nothing, though whether it is durable can't be said now. One behind a tick
    // that is owed is not owed itself: that one is expected, and then the next.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private Outcome RefuseNotDurable(in Tick tick, ReadOnlySpan<byte> name, int row, bool isRequest)
    {
        if (isRequest && tick.HasSeq && row < 0)
        {
            if (_world.Refused.Owed(name) is { } owed && tick.Seq > owed)
                return NotNext(owed);
            _world.Refused.Owe(name, tick.Seq);
        }
        else if (isRequest && tick.HasSeq && tick.Seq > _world.Streams[row].Order.Last)
        {
            ref var order = ref _world.Streams[row].Order;
            if (order.Judge(tick.Seq, tick.HasRun ? tick.Run : null, acknowledged: true) == Arrival.NotNext)
                return NotNext(order.Owed);
            _world.BeforeChange(row);
            order.Owe(tick.Seq);
        }

        return new Outcome(
            OutcomeKind.Refused, -1, ErrorCode.NotDurable, _world.Changes.Fault ?? "no room in the journal");
    }

    private ReadOnlySpan<byte> NameOf(
        in Message message, ReadOnlySpan<byte> payload, in Tick tick, out string? fault)
    {
        fault = null;
        if (tick.HasId)
            return _digits.AsSpan(0, StreamName.Format(tick.Id, _digits));
        if (tick.Stream.Length != 0)
            return payload.Slice(tick.Stream.Offset, tick.Stream.Length);
        var topic = _inbox.Bytes(message.Topic);
        if (topic.IsEmpty)
            fault = "no stream: neither the tick nor a topic frame names one";
        else if (!StreamName.IsValid(topic))
            fault = "a topic that is no stream name (1 to 255 bytes of UTF-8 without control characters)";
        return topic;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Outcome TakeFirst(
        in Message message, ReadOnlySpan<byte> payload, in Tick tick, ReadOnlySpan<byte> name, bool isRequest)
    {
        var model = _world.ModelFor(name, TickReader.CountValues(payload, tick.Values));
        if (model < 0)
            return RejectFirst(in tick, name, isRequest, ErrorCode.UnknownStream, "no model's pattern matches it");
        if (isRequest && tick.HasSeq && _world.Refused.Owed(name) is { } owed && tick.Seq > owed)
            return NotNext(owed);
        var code = ReadValues(payload, in tick, _world.Host(model), out var detail);
        if (code != ErrorCode.None)
            return RejectFirst(in tick, name, isRequest, code, detail);
        if (!_world.TryAdmit(name, tick.HasId, model, out var row, out detail))
        {
            if (isRequest && tick.HasSeq && tick.Seq != ChangeLog.NotOwed)
            {
                _world.Refused.Owe(name, tick.Seq);
                _world.Changes.Owed(-1, tick.Seq, name);
            }

            return new Outcome(OutcomeKind.Refused, -1, ErrorCode.Refused, detail);
        }

        var item = Accept(in message, in tick, row, ref _world.Streams[row], _world.Host(model), Arrival.Next);
        return new Outcome(OutcomeKind.Accepted, item, ErrorCode.None, null);
    }

    // It came, and can never be taken: the stream need not wait for it any longer.
    private Outcome RejectFirst(
        in Tick tick, ReadOnlySpan<byte> name, bool isRequest, ErrorCode code, string? detail)
    {
        if (isRequest && tick.HasSeq && _world.Refused.Owed(name) == tick.Seq)
        {
            _world.Refused.Settle(name);
            _world.Changes.Owed(-1, ChangeLog.NotOwed, name);
        }

        return new Outcome(OutcomeKind.Rejected, -1, code, detail);
    }

    private void TakeNext(
        in Message message, ReadOnlySpan<byte> payload, in Tick tick, int row, bool isRequest, ref Outcome outcome)
    {
        ref var stream = ref _world.Streams[row];
        var host = _world.Host(stream.Model);
        ulong? seq = tick.HasSeq ? tick.Seq : null;
        var arrival = stream.Order.Judge(seq, tick.HasRun ? tick.Run : null, isRequest);
        if (arrival is not (Arrival.Next or Arrival.Gap or Arrival.Restart))
        {
            outcome = NotTaken(in message, in tick, row, arrival, isRequest);
            SettleRejected(in tick, row, isRequest, in outcome);
            return;
        }

        var code = ReadValues(payload, in tick, host, out var detail);
        if (code == ErrorCode.None)
        {
            var item = Accept(in message, in tick, row, ref stream, host, arrival);
            outcome = new Outcome(OutcomeKind.Accepted, item, ErrorCode.None, null);
            return;
        }

        outcome = Reject(row, code, detail);
        SettleRejected(in tick, row, isRequest, in outcome);
    }

    // As with a stream's first tick.
    private void SettleRejected(in Tick tick, int row, bool isRequest, in Outcome outcome)
    {
        ref var order = ref _world.Streams[row].Order;
        if (outcome.Kind == OutcomeKind.Rejected && isRequest && tick.HasSeq && order.IsOwed && tick.Seq == order.Owed)
            Settle(row);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Outcome NotTaken(in Message message, in Tick tick, int row, Arrival arrival, bool isRequest)
    {
        ref var order = ref _world.Streams[row].Order;
        return arrival switch
        {
            Arrival.Duplicate => Repeat(in message, in tick, row, isRequest),
            Arrival.TooLate => Reject(row, ErrorCode.TooLate, LateDetail(in order, in tick)),
            Arrival.NotNext => NotNext(order.Owed),
            _ => Reject(row, ErrorCode.TooLate, "the count is at its end; a greater run starts it anew"),
        };
    }

    private static string LateDetail(in StreamOrder order, in Tick tick)
    {
        if (tick.HasRun && order.HasRun && tick.Run < order.Run)
            return $"run {tick.Run}, the stream is at run {order.Run}";
        return tick.Seq < order.First
            ? $"seq {tick.Seq} lies before the stream's first, {order.First}"
            : $"seq {tick.Seq} was passed over, the stream is at {order.Last}";
    }

    private static Outcome NotNext(ulong owed) =>
        new(OutcomeKind.Refused, -1, ErrorCode.NotNext, $"seq {owed} expected");

    private ErrorCode ReadValues(ReadOnlySpan<byte> payload, in Tick tick, ModelHost host, out string? detail)
    {
        var values = _values.AsSpan(0, host.InputCount);
        var code = (ErrorCode)TickReader.ReadValues(payload, in tick, host.Inputs, values, out detail);
        if (code == ErrorCode.None && host.Vocabulary is { } vocabulary
            && !(values[0] >= 0 && values[0] < vocabulary && values[0] == Math.Floor(values[0])))
        {
            detail = TokenText(values[0], vocabulary);
            return ErrorCode.Shape;
        }

        return code;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string TokenText(double token, int vocabulary) =>
        FormattableString.Invariant($"token {token}, expected an integer in 0…{vocabulary - 1}");

    private int Accept(
        in Message message, in Tick tick, int row, ref StreamRow stream, ModelHost host, Arrival arrival)
    {
        _world.BeforeChange(row);
        var now = _world.Now;
        var expected = stream.Order.Last + 1;
        var flags = stream.Take(
            arrival, tick.HasSeq ? tick.Seq : null, tick.HasRun ? tick.Run : null, tick.HasTime ? tick.Time : now, now);
        if (flags != PredictionFlags.None)
            _world.Counters.Late++;
        if (arrival is Arrival.Gap or Arrival.Restart)
            PassOver(row, arrival, expected);
        var values = _values.AsSpan(0, host.InputCount);
        _world.Changes.Tick(row, in stream, values);
        var trace = Within(in message, tick.Trace);
        ref var item = ref _work.Add(_world.Frame, row, ref stream, host, ItemKind.Tick, flags, trace);
        (item.HasTime, item.IsRestart) = (stream.Time != now, arrival == Arrival.Restart);
        _work.SetValues(in item, values);
        return _work.ItemCount - 1;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void PassOver(int row, Arrival arrival, ulong expected)
    {
        ref var stream = ref _world.Streams[row];
        if (arrival == Arrival.Restart)
        {
            _world.Raise(StreamEventKind.Gap, row, "restart");
            return;
        }

        var missing = stream.Order.Last - expected;
        _world.Counters.Gaps++;
        _world.Raise(StreamEventKind.Gap, row, $"{expected}…{stream.Order.Last - 1}");
        if (_world.OnGap == GapPolicy.Reset)
        {
            // Items of this frame are stepped later: the reset has its place among them.
            _world.Changes.Other(ChangeKind.Reset, row, in stream);
            _work.Add(_world, row, ItemKind.Reset, PredictionFlags.None, default);
        }
        else if (_world.OnGap == GapPolicy.Impute && _world.Host(stream.Model).Model.Vocabulary is null)
        {
            // A token can't be imputed: a stream of tokens steps on as it is.
            var imputed = (int)Math.Min(missing, ImputedMax);
            _ticks += imputed;
            for (var i = 0; i < imputed; i++)
            {
                _world.Changes.Other(ChangeKind.Imputed, row, in stream);
                var item = _work.Add(_world, row, ItemKind.Imputed, PredictionFlags.None, default);
                _work.Items[item].Seq = expected + (ulong)i;
            }
        }
    }

    // A duplicate of the last tick gets that tick's prediction again where one is asked for.
    private Outcome Repeat(in Message message, in Tick tick, int row, bool isRequest)
    {
        ref var stream = ref _world.Streams[row];
        if (stream.Order.IsOwed && tick.Seq == stream.Order.Owed)
            Settle(row);
        if (!tick.HasRun && ++stream.DuplicatesInARow == StalledAfter)
            _world.Raise(StreamEventKind.Stalled, row, $"{StalledAfter} duplicates in a row");
        var isThere = stream.HasPrediction || stream.Frame == _world.Frame;
        var wanted = isRequest && _header.Reply && tick.Seq == stream.Order.Last && isThere;
        var item = wanted ? AddAgain(row, Within(in message, tick.Trace)) : -1;
        return new Outcome(OutcomeKind.Duplicate, item, ErrorCode.None, null);
    }

    // What was owed had been stepped, in a frame that could not be recorded then, or can't be taken at all.
    private void Settle(int row)
    {
        _world.BeforeChange(row);
        _world.Streams[row].Order.IsOwed = false;
        _world.Changes.Owed(row, 0, default);
    }

    private Outcome Reject(int row, ErrorCode code, string? detail)
    {
        ref var stream = ref _world.Streams[row];
        var second = _world.Now / Second;
        if (stream.RejectedSecond != second)
            (stream.RejectedSecond, stream.RejectedEvents) = (second, 0);
        if (stream.RejectedEvents++ < RejectedEventsPerSecond)
            _world.Raise(StreamEventKind.Rejected, row, $"{code.Reason()}: {detail}");
        return new Outcome(OutcomeKind.Rejected, -1, code, detail);
    }

    private int AddAgain(int row, Slice trace)
    {
        ref var stream = ref _world.Streams[row];
        var host = _world.Host(stream.Model);
        var isOfThisFrame = stream.Frame == _world.Frame;
        ref var item = ref isOfThisFrame
            ? ref _work.Add(0, 0) : ref _work.Add(host.InputCount, host.PredictionCount);
        item.Describe(row, in stream);
        item.Kind = ItemKind.Again;
        item.Flags = stream.Flags;
        item.Trace = trace;
        if (isOfThisFrame)
        {
            item.Source = stream.Item;
            return _work.ItemCount - 1;
        }

        host.Values(stream.ModelRow).CopyTo(_work.Values(in item, host.InputCount));
        host.Prediction(stream.ModelRow).CopyTo(_work.Prediction(in item, host.PredictionCount));
        item.Score = host.Score(stream.ModelRow);
        return _work.ItemCount - 1;
    }
}
