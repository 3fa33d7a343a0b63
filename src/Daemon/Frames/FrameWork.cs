using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Frames;

public enum ItemKind : byte
{
    /// <summary>A tick that came: stepped and published.</summary>
    Tick,

    /// <summary>A tick that never came: stepped with imputed values, not published.</summary>
    Imputed,

    /// <summary>The stream's state goes back to its start before what follows.</summary>
    Reset,

    /// <summary>A stream's last prediction, wanted again by a reply: not stepped, not published.</summary>
    Again,
}

/// <summary>One row's work in this frame.</summary>
public struct Item
{
    public int Row;
    public int Model;
    public int ModelRow;

    /// <summary>How often the row occurs before this item in the frame.</summary>
    public int Wave;

    public ItemKind Kind;
    public PredictionFlags Flags;
    public ulong Seq;
    public long Time;

    /// <summary>Anomaly score of the tick in [0, 1]; NaN where there is none.</summary>
    public double Score;

    /// <summary>The tick brought its time: one that is the frame's clock counts as none, as in a record.</summary>
    public bool HasTime;

    /// <summary>A greater run: its seq tells nothing of its distance to what was before.</summary>
    public bool IsRestart;

    /// <summary>The item of this frame that is wanted again; -1 where it is none, or of an earlier frame.</summary>
    public int Source;

    /// <summary>Where its values and its prediction begin in the frame's arenas.</summary>
    public int Values;

    public int Prediction;

    /// <summary>Within the inbox.</summary>
    public Slice Trace;

    /// <summary>One more than its place among the traced ticks; 0 where it is none.</summary>
    public int Traced;

    /// <summary>Takes what a row says of its last tick.</summary>
    public void Describe(int row, in StreamRow stream)
    {
        Row = row;
        Model = stream.Model;
        ModelRow = stream.ModelRow;
        Seq = stream.Order.Last;
        Time = stream.Time;
    }
}

public enum OutcomeKind : byte
{
    Accepted,
    Duplicate,
    Rejected,
    Refused,
}

/// <summary>What became of one tick of a request.</summary>
/// <param name="Kind">How it counts.</param>
/// <param name="Item">The item whose prediction answers it; -1 where there is none.</param>
/// <param name="Code">Why it was not taken.</param>
/// <param name="Detail">In words.</param>
public readonly record struct Outcome(OutcomeKind Kind, int Item, ErrorCode Code, string? Detail);

/// <summary>The outcomes of one request that fall into this frame.</summary>
/// <param name="Message">Its place in the inbox.</param>
/// <param name="First">Its first outcome of this frame.</param>
/// <param name="End">One behind its last outcome of this frame.</param>
/// <param name="Complete">Nothing of it is left for a later frame.</param>
/// <param name="Reply">Predictions are asked for.</param>
/// <param name="Rid">The sender's mark, as encoded; within the inbox.</param>
/// <param name="Faulty">The message itself was at fault, not one of several ticks.</param>
/// <param name="Control">The ready reply of a control request, within <see cref="FrameWork.Replies"/>.</param>
/// <param name="Snapshot">Snapshots that must have ended before the reply goes; 0 where it need not wait.</param>
public readonly record struct RequestWork(
    int Message, int First, int End, bool Complete, bool Reply, Slice Rid, bool Faulty, Slice Control,
    long Snapshot = 0);

/// <summary>Everything a frame works on; the arrays are kept from frame to frame.</summary>
public sealed class FrameWork
{
    private Item[] _items;
    private double[] _values;
    private double[] _predictions;
    private Outcome[] _outcomes;
    private RequestWork[] _requests;
    private int _valuesEnd;
    private int _predictionsEnd;

    /// <param name="capacity">Items a usual frame holds; a longer one grows the arrays once.</param>
    public FrameWork(int capacity)
    {
        _items = new Item[capacity];
        _values = new double[capacity];
        _predictions = new double[capacity * 8];
        _outcomes = new Outcome[capacity];
        _requests = new RequestWork[capacity];
    }

    public int ItemCount { get; private set; }
    public int OutcomeCount { get; private set; }

    /// <summary>Items that are ticks.</summary>
    public int TickCount { get; private set; }

    /// <summary>Ticks that brought a trace.</summary>
    public int TraceCount { get; private set; }

    public int RequestCount { get; private set; }

    public bool IsEmpty => ItemCount == 0 && RequestCount == 0;

    /// <summary>The journal could not take this frame: none of its ticks is accepted, and nothing of them published.
    /// </summary>
    public bool IsUnrecorded { get; private set; }

    /// <summary>Replies of control requests, one behind the other.</summary>
    public MessagePackWriter Replies { get; } = new();

    public Span<Item> Items => _items.AsSpan(0, ItemCount);
    public ReadOnlySpan<Outcome> Outcomes => _outcomes.AsSpan(0, OutcomeCount);
    public ReadOnlySpan<RequestWork> Requests => _requests.AsSpan(0, RequestCount);

    public void Clear()
    {
        // Outcomes hold texts.
        Array.Clear(_outcomes, 0, OutcomeCount);
        Replies.Clear();
        ItemCount = OutcomeCount = RequestCount = TickCount = TraceCount = 0;
        IsUnrecorded = false;
        _valuesEnd = _predictionsEnd = 0;
    }

    /// <summary>Adds an empty item with room for its values and its prediction; its index is
    /// <see cref="ItemCount"/> less one.</summary>
    public ref Item Add(int values, int prediction)
    {
        Fit(ref _items, ItemCount + 1);
        Fit(ref _values, _valuesEnd + values);
        Fit(ref _predictions, _predictionsEnd + prediction);
        ref var item = ref _items[ItemCount++];
        item = default;
        item.Values = _valuesEnd;
        item.Prediction = _predictionsEnd;
        item.Source = -1;
        item.Score = double.NaN;
        _valuesEnd += values;
        _predictionsEnd += prediction;
        return ref item;
    }

    /// <summary>Adds a stream's next step of this frame; returns its index.</summary>
    public int Add(World world, int row, ItemKind kind, PredictionFlags flags, Slice trace)
    {
        ref var stream = ref world.Streams[row];
        Add(world.Frame, row, ref stream, world.Host(stream.Model), kind, flags, trace);
        return stream.Item;
    }

    /// <summary>The same with the row and its host at hand, in the world's frame.</summary>
    public ref Item Add(
        long frame, int row, ref StreamRow stream, ModelHost host, ItemKind kind, PredictionFlags flags, Slice trace)
    {
        if (stream.Frame != frame)
            (stream.Frame, stream.Wave) = (frame, 0);
        ref var item = ref Add(host.InputCount, host.PredictionCount);
        item.Describe(row, in stream);
        item.Wave = stream.Wave++;
        item.Kind = kind;
        item.Flags = flags;
        item.Trace = trace;
        if (kind == ItemKind.Tick)
        {
            TickCount++;
            TraceCount += trace.Length == 0 ? 0 : 1;
        }

        stream.Item = ItemCount - 1;
        return ref item;
    }

    public void Add(in Outcome outcome) => AddOutcome() = outcome;

    /// <summary>Adds an outcome for the caller to fill.</summary>
    public ref Outcome AddOutcome()
    {
        Fit(ref _outcomes, OutcomeCount + 1);
        return ref _outcomes[OutcomeCount++];
    }

    public void Add(in RequestWork request)
    {
        Fit(ref _requests, RequestCount + 1);
        _requests[RequestCount++] = request;
    }

    /// <summary>
    /// Takes back that the frame's ticks were accepted. They are in the world, which a snapshot will make durable: sent
    /// again they are duplicates, and until then their streams wait for them.
    /// </summary>
    public void Refuse(World world, string fault)
    {
        IsUnrecorded = true;
        foreach (ref readonly var item in Items)
        {
            if (item.Kind != ItemKind.Tick)
                continue;
            world.Counters.Stepped--;
            world.Counters.Refuse(ErrorCode.NotDurable);
        }

        foreach (ref var outcome in _outcomes.AsSpan(0, OutcomeCount))
        {
            if (outcome.Kind != OutcomeKind.Accepted)
                continue;
            ref var item = ref _items[outcome.Item];
            world.BeforeChange(item.Row);
            world.Streams[item.Row].Order.Owe(item.Seq);
            outcome = new Outcome(OutcomeKind.Refused, -1, ErrorCode.NotDurable, fault);
        }
    }

    public Span<double> Values(in Item item, int count) => _values.AsSpan(item.Values, count);

    /// <summary>Copies an item's values; most have one.</summary>
    public void SetValues(in Item item, ReadOnlySpan<double> values)
    {
        if (values.Length == 1)
            _values[item.Values] = values[0];
        else
            values.CopyTo(_values.AsSpan(item.Values));
    }

    public Span<double> Prediction(in Item item, int count) => _predictions.AsSpan(item.Prediction, count);

    private static void Fit<T>(ref T[] array, int count)
    {
        if (count > array.Length)
            Array.Resize(ref array, Math.Max(count, array.Length * 2));
    }
}
