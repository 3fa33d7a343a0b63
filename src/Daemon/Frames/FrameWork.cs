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

    /// <summary>The item of this frame that is wanted again; -1 where it is none, or of an earlier frame.</summary>
    public int Source;

    /// <summary>Where its values and its prediction begin in the frame's arenas.</summary>
    public int Values;

    public int Prediction;

    /// <summary>Within the inbox.</summary>
    public Slice Trace;
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
public readonly record struct RequestWork(
    int Message, int First, int End, bool Complete, bool Reply, Slice Rid, bool Faulty, Slice Control);

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
    public int RequestCount { get; private set; }

    public bool IsEmpty => ItemCount == 0 && RequestCount == 0;

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
        ItemCount = OutcomeCount = RequestCount = 0;
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
        item = new Item { Values = _valuesEnd, Prediction = _predictionsEnd, Source = -1 };
        _valuesEnd += values;
        _predictionsEnd += prediction;
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

    public Span<double> Values(in Item item, int count) => _values.AsSpan(item.Values, count);

    public Span<double> Prediction(in Item item, int count) => _predictions.AsSpan(item.Prediction, count);

    private static void Fit<T>(ref T[] array, int count)
    {
        if (count > array.Length)
            Array.Resize(ref array, Math.Max(count, array.Length * 2));
    }
}
