using Realtime.Protocol;

namespace Realtime.Daemon.Frames.HandOver;

/// <summary>A stream that a model is to be warmed up for.</summary>
public readonly record struct WarmStream(int Row, byte[] Name, bool IsId);

/// <summary>
/// A model that is stepped through what its streams have been through lately, in a world of its own: the rows are those
/// of the world it will serve. One thread at a time uses it.
/// </summary>
public sealed class Successor : IDisposable
{
    // Ticks stepped together; large enough for the kernels, small enough for the caches.
    private const int Together = 1024;

    private readonly World _world;
    private readonly FrameWork _work = new(Together);
    private readonly Stepper _stepper;
    private readonly int _model;

    /// <param name="host">The new model, without streams; whoever takes it over disposes of it.</param>
    /// <param name="model">Index of the model whose place it will take.</param>
    /// <param name="streams">Those it serves at first.</param>
    public Successor(ModelHost host, int model, IEnumerable<WarmStream> streams)
    {
        Host = host;
        _model = model;
        _world = new World([host], new LoopOptions { StreamsMax = int.MaxValue }, new NoJournal(), 0);
        _world.Events.IsMuted = true;
        _stepper = new Stepper(_world, _work);
        foreach (var (row, name, isId) in streams)
            Admit(row, name, isId);
    }

    public ModelHost Host { get; }

    /// <summary>Ticks it was stepped through.</summary>
    public long Ticks { get; private set; }

    public bool Serves(int row) => _world.Streams.IsUsed(row);

    /// <summary>The stream has been stepped through a tick since its beginning here.</summary>
    public bool HasBegun(int row) => _world.Streams[row].Counts.Stepped != 0;

    /// <param name="change">The tick.</param>
    /// <param name="values">Its values.</param>
    /// <param name="now">The clock of its frame: a tick of that time brought none of its own.</param>
    public void Tick(in Change change, ReadOnlySpan<double> values, long now)
    {
        ref var stream = ref _world.Streams[change.Row];
        ref var order = ref stream.Order;
        var isRestart = change.Run is { } run && HasBegun(change.Row) && (!order.HasRun || run != order.Run);
        (order.Last, order.HasRun, order.Run) = (change.Seq, change.Run.HasValue, change.Run ?? 0);
        stream.Time = change.Time;
        ref var item = ref Add(change.Row, ItemKind.Tick, values);
        (item.HasTime, item.IsRestart) = (change.Time != now, isRestart);
        stream.Counts.Stepped++;
        Ticks++;
        CompleteIfFull();
    }

    /// <summary>A tick that never came.</summary>
    public void Imputed(int row)
    {
        if (!HasBegun(row))
            return;
        _world.Streams[row].Order.Last++;
        Add(row, ItemKind.Imputed, []);
        CompleteIfFull();
    }

    /// <summary>The state goes back to its start, by request or for a gap.</summary>
    public void Reset(int row)
    {
        if (!HasBegun(row))
            return;
        Add(row, ItemKind.Reset, []);
        CompleteIfFull();
    }

    /// <summary>What was before tells nothing of what comes.</summary>
    public void BeginAnew(int row)
    {
        Complete();
        ref var stream = ref _world.Streams[row];
        Host.Clear(stream.ModelRow);
        Host.ClearMonitor(stream.ModelRow);
        stream.Counts = default;
        stream.Errors = default;
        stream.HasPrediction = stream.IsAnomalous = false;
    }

    public void Admit(int row, ReadOnlySpan<byte> name, bool isId) =>
        _world.Streams.Place(row, name, isId, 0, Host.Take());

    public void Remove(int row)
    {
        Complete();
        Host.GiveBack(_world.Streams[row].ModelRow);
        _world.Streams.Remove(row);
    }

    /// <summary>Takes it through one record of the world it will serve.</summary>
    public void Apply(in FrameRecord record)
    {
        foreach (ref readonly var change in record.Changes)
            if (change.Model == _model)
                Apply(in change, in record);
    }

    /// <summary>Steps what is left.</summary>
    public void Complete()
    {
        if (_work.ItemCount == 0)
            return;
        _stepper.Run();
        _work.Clear();
        _world.Frame++;
    }

    /// <summary>Lets a row of the world go on with what this model knows of its stream.</summary>
    /// <returns>False where it knows nothing; the row has a place here all the same.</returns>
    public bool Give(int row, ref StreamRow stream)
    {
        if (!Serves(row) || !HasBegun(row))
        {
            stream.ModelRow = Serves(row) ? _world.Streams[row].ModelRow : Host.Take();
            return false;
        }

        ref readonly var own = ref _world.Streams[row];
        stream.ModelRow = own.ModelRow;
        Adopt(ref stream, in own);
        return true;
    }

    /// <summary>The same by copying, into a host that serves the row already.</summary>
    public bool CopyTo(int row, ref StreamRow stream, ModelHost host)
    {
        if (!Serves(row) || !HasBegun(row))
            return false;
        ref readonly var own = ref _world.Streams[row];
        var state = new float[Host.Model.StateFloats];
        Host.Engine.Read(own.ModelRow, state);
        host.Engine.Write(stream.ModelRow, state);
        Host.Memory(own.ModelRow).CopyTo(host.Memory(stream.ModelRow));
        Host.Prediction(own.ModelRow).CopyTo(host.Prediction(stream.ModelRow));
        Host.Values(own.ModelRow).CopyTo(host.Values(stream.ModelRow));
        Host.Learnt(own.ModelRow).CopyTo(host.Learnt(stream.ModelRow));
        Adopt(ref stream, in own);
        return true;
    }

    /// <summary>Gives up its table of streams; the model itself serves on.</summary>
    public void Dispose() => _world.Streams.Dispose();

    // The event that tells of the new model comes with its first prediction.
    private static void Adopt(ref StreamRow stream, in StreamRow own)
    {
        stream.Errors = own.Errors;
        stream.Flags = own.Flags;
        stream.HasPrediction = own.HasPrediction;
        stream.IsAnomalous = own.IsAnomalous;
        stream.Warming = true;
    }

    private void Apply(in Change change, in FrameRecord record)
    {
        if (change.Kind == ChangeKind.Admitted)
        {
            Admit(change.Row, change.Data.Of(record.Bytes), change.IsId);
            return;
        }

        if (!Serves(change.Row))
            return;
        switch (change.Kind)
        {
            case ChangeKind.Tick:
                Tick(in change, record.Values.Slice(change.Data.Offset, change.Data.Length), record.Now);
                break;
            case ChangeKind.Imputed:
                Imputed(change.Row);
                break;
            case ChangeKind.Reset:
                Reset(change.Row);
                break;
            case ChangeKind.Put:
                BeginAnew(change.Row);
                break;
            case ChangeKind.Forgotten:
            case ChangeKind.Evicted:
                Remove(change.Row);
                break;
        }
    }

    private ref Item Add(int row, ItemKind kind, ReadOnlySpan<double> values)
    {
        var index = _work.Add(_world, row, kind, PredictionFlags.None, default);
        ref var item = ref _work.Items[index];
        values.CopyTo(_work.Values(in item, values.Length));
        return ref item;
    }

    private void CompleteIfFull()
    {
        if (_work.ItemCount >= Together)
            Complete();
    }
}
