using System.Text;
using Realtime.Daemon.Frames.Access;
using Realtime.Daemon.Frames.HandOver;
using Realtime.Daemon.Frames.Meters;
using Realtime.Daemon.Frames.Snapshots;
using Realtime.Protocol;

namespace Realtime.Daemon.Frames;

/// <summary>
/// All that lives: the streams with everything they carry, the models that serve them, and the counts. The frame loop
/// owns it; nothing else touches it.
/// </summary>
public sealed class World : IDisposable
{
    // Streams remembered as refused before they had a row.
    private const int RefusedMax = 65_536;

    // When subscribers have connected again behind a start.
    private const long BackAfter = 1_000_000_000;

    private readonly List<EngineChange> _untold = [];
    private ModelHost[] _models;
    private ModelRoutes _routes;
    private long? _memoryMax;
    private double _anomalyThreshold;
    private double _anomalyClear;

    public World(
        IReadOnlyList<ModelHost> models, LoopOptions options, IJournal journal, ulong epoch)
    {
        _models = [.. models];
        _routes = new ModelRoutes(models.Select(static model => model.Patterns));
        HandOvers = new HandOverDesk(this);
        Epoch = epoch;
        Streams = new StreamTable(options.StreamsMax);
        Use(options);
        Changes = new ChangeLog(journal);
    }

    public IReadOnlyList<ModelHost> Models => _models;

    /// <summary>Counts changes of <see cref="Models"/>.</summary>
    public int Generation { get; private set; }

    /// <summary>Changes of the models that wait for the right moment between two frames.</summary>
    public HandOverDesk HandOvers { get; }

    public StreamTable Streams { get; }
    public RefusedStreams Refused { get; } = new(RefusedMax);
    public Counters Counters { get; } = new();
    public LimitHits Limits { get; set; } = new();

    /// <summary>What is known of the streams as a whole; null before a loop turns.</summary>
    public StreamSurvey? Survey { get; set; }

    /// <summary>Clients with keys; null where none are needed.</summary>
    public ClientTable? Clients { get; set; }

    public EventQueue Events { get; } = new();
    public ChangeLog Changes { get; }
    public GapPolicy OnGap { get; private set; }
    public Reloads Reloads { get; } = new();
    public EngineChanges EngineChanges { get; } = new();

    /// <summary>Told of each change of an engine.</summary>
    public Action<EngineChange>? EngineChanged { get; set; }

    /// <summary>Number of this start of the daemon; a later start has a greater one.</summary>
    public ulong Epoch { get; }

    /// <summary>The clock of this frame, ns since 1970.</summary>
    public long Now { get; set; }

    /// <summary>The clock of the first frame.</summary>
    public long Started { get; set; }

    /// <summary>Seconds since the start.</summary>
    public double Uptime => (Now - Started) / 1e9;

    public long Frame { get; set; }

    /// <summary>Bytes held for streams.</summary>
    public long Bytes => Streams.Bytes + Models.Sum(static model => model.Bytes);

    /// <summary>One of <see cref="Models"/>, quicker.</summary>
    public ModelHost Host(int model) => _models[model];

    /// <summary>Copies the world from time to time; null where state lives in memory only.</summary>
    public Snapshotter? Snapshots { get; set; }

    /// <summary>What this start brought back; null where state lives in memory only.</summary>
    public RecoveryReport? Recovery { get; set; }

    /// <summary>Changes of the world can be recorded in this frame; where not, they are refused.</summary>
    public bool TakesChanges { get; set; } = true;

    /// <summary>Must be called before anything of a row changes that a snapshot holds.</summary>
    public void BeforeChange(int row) => Snapshots?.BeforeChange(row);

    /// <summary>Takes its settings from these options; what it holds beyond their limits stays.</summary>
    /// <remarks>No recorded bit depends on them: what they lead to is recorded, not they.</remarks>
    public void Use(LoopOptions options)
    {
        OnGap = options.OnGap;
        _memoryMax = options.MemoryMax;
        Streams.Max = options.StreamsMax;
        _anomalyThreshold = options.AnomalyThreshold ?? double.PositiveInfinity;
        _anomalyClear = options.AnomalyClear;
    }

    /// <summary>A tick was scored: tells of an anomaly where one begins, and not again before it has ended.</summary>
    /// <param name="row">The stream's row, whose change was announced.</param>
    /// <param name="seq">Of the tick.</param>
    /// <param name="score">In [0, 1]; NaN where there is none, which begins and ends nothing.</param>
    public void Judge(int row, ulong seq, double score)
    {
        ref var stream = ref Streams[row];
        if (stream.IsAnomalous)
        {
            stream.IsAnomalous = !(score < _anomalyClear);
            return;
        }

        if (!(score >= _anomalyThreshold))
            return;
        stream.IsAnomalous = true;
        Events.Add(StreamEventKind.Anomaly, Streams.Name(row), stream.IsId, seq, null, score);
    }

    /// <summary>Puts other models in place; the rows' indices are the caller's to mend.</summary>
    internal void UseModels(ModelHost[] models)
    {
        _models = models;
        _routes = new ModelRoutes(models.Select(static model => model.Patterns));
        Generation++;
    }

    /// <summary>The first model whose pattern matches, or -1.</summary>
    public int ModelFor(ReadOnlySpan<byte> stream) => _routes.Find(stream);

    /// <summary>
    /// The same for a stream whose first tick has so many values: where its network is there for several inputs, each
    /// by itself, the one for as many.
    /// </summary>
    public int ModelFor(ReadOnlySpan<byte> stream, int values)
    {
        var first = _routes.Find(stream);
        if (first < 0 || _models[first].InputCount == values)
            return first;
        for (var model = 0; model < _models.Length; model++)
        {
            var other = _models[model].Model;
            if (other.Copies > 1 && other.Copies == values && other.Digest == _models[first].Model.Digest)
                return model;
        }

        return first;
    }

    /// <summary>The same where a state says what the model was called that it is of.</summary>
    public int ModelFor(ReadOnlySpan<byte> stream, ReadOnlySpan<byte> model)
    {
        var first = _routes.Find(stream);
        for (var other = 0; first >= 0 && other < _models.Length; other++)
        {
            if (Encoding.UTF8.GetBytes(_models[other].Name).AsSpan().SequenceEqual(model))
                return ModelFor(stream, _models[other].InputCount);
        }

        return first;
    }

    /// <summary>Gives a stream that was never stepped to another model of the same network; to no other one.</summary>
    public void Rehouse(int row, int model)
    {
        ref var stream = ref Streams[row];
        if (model < 0 || stream.Model == model || _models[stream.Model].Model.Digest != _models[model].Model.Digest)
            return;
        _models[stream.Model].GiveBack(stream.ModelRow);
        (stream.Model, stream.ModelRow) = (model, _models[model].Take());
    }

    /// <summary>Makes a row for a new stream; false where the table or its memory is at the limit.</summary>
    public bool TryAdmit(ReadOnlySpan<byte> name, bool isId, int model, out int row, out string? detail)
    {
        var host = Models[model];
        row = -1;
        detail = null;
        if (Streams.IsFull)
            detail = $"{Streams.Count} streams, streams.max is {Streams.Max}";
        else if (_memoryMax is { } max && Bytes + Streams.BytesForOneMore + host.BytesForOneMore > max)
            detail = $"{Bytes} bytes held, {Streams.BytesForOneMore + host.BytesForOneMore} more needed, "
                + $"limits.memory is {max}";
        if (detail is not null)
            return false;
        row = Streams.Add(name, isId, model, host.Take());
        Snapshots?.Skip(row);
        HandOverOwed(name, row);
        Changes.Other(ChangeKind.Admitted, row, in Streams[row], name);
        return true;
    }

    /// <summary>Puts a stream into the row that a record or snapshot says; records and limits nothing.</summary>
    /// <exception cref="InvalidDataException">The row or the name is in use, or no model serves it.</exception>
    public void Place(int row, ReadOnlySpan<byte> name, bool isId) => Place(row, name, isId, ModelFor(name));

    /// <summary>The same with a certain model.</summary>
    /// <exception cref="InvalidDataException">The row or the name is in use, or the model is -1.</exception>
    public void Place(int row, ReadOnlySpan<byte> name, bool isId, int model)
    {
        if (model < 0)
            throw new InvalidDataException($"row {row}: no model's pattern matches its stream");
        if (row < 0 || row >= StreamTable.RowsMax || Streams.IsUsed(row) || Streams.Find(name) >= 0)
            throw new InvalidDataException($"row {row}: a stream for a row or with a name that is in use");
        Streams.Place(row, name, isId, model, Models[model].Take());
        HandOverOwed(name, row);
    }

    // An earlier tick may be the first to come: what was refused behind it is still waited for.
    private void HandOverOwed(ReadOnlySpan<byte> name, int row)
    {
        if (Refused.Owed(name) is not { } seq)
            return;
        Streams[row].Order.Owe(seq);
        Refused.Settle(name);
    }

    /// <summary>Takes hidden state and statistics back to their start; count, and what was last published, stay.
    /// </summary>
    /// <remarks>Whoever decides it records it: a reset among ticks has its place in their order.</remarks>
    public void Reset(int row, ulong? seq, string detail)
    {
        BeforeChange(row);
        ref var stream = ref Streams[row];
        Models[stream.Model].Clear(stream.ModelRow);
        stream.IsAnomalous = false;
        Raise(StreamEventKind.Reset, row, seq, detail);
    }

    /// <summary>Gives a stream up with everything it carries; its event says where the count stood.</summary>
    public void Remove(int row, ChangeKind change, StreamEventKind kind, string detail)
    {
        BeforeChange(row);
        ref var stream = ref Streams[row];
        Changes.Other(change, row, in stream);
        Raise(kind, row, detail);
        Models[stream.Model].GiveBack(stream.ModelRow);
        Streams.Remove(row);
    }

    /// <summary>Tells of a model's other engine; the setup that records it is the caller's.</summary>
    public void Raise(EngineChange change)
    {
        EngineChanges.Add(change with { At = Now });
        EngineChanged?.Invoke(change);
        Events.Add(change);
    }

    /// <summary>The same of what a start found, whose event waits until subscribers have come back.</summary>
    public void RaiseLater(EngineChange change)
    {
        EngineChanges.Add(change);
        EngineChanged?.Invoke(change);
        _untold.Add(change);
    }

    /// <summary>Raises what has waited long enough; true where there was something.</summary>
    public bool RaiseUntold()
    {
        if (_untold.Count == 0 || Now - _untold[0].At < BackAfter)
            return false;
        _untold.ForEach(Events.Add);
        _untold.Clear();
        return true;
    }

    public void Raise(StreamEventKind kind, int row, string? detail)
    {
        ref var stream = ref Streams[row];
        Raise(kind, row, stream.Order.Started ? stream.Order.Last : null, detail);
    }

    /// <summary>The same for what happens at a tick that is no longer the stream's last.</summary>
    public void Raise(StreamEventKind kind, int row, ulong? seq, string? detail) =>
        Events.Add(kind, Streams.Name(row), Streams[row].IsId, seq, detail);

    public void Dispose()
    {
        Streams.Dispose();
        foreach (var model in Models)
            model.Dispose();
    }
}
