using System.Runtime.InteropServices;
using Realtime.Cells;
using Realtime.Cells.Adaptive;
using Realtime.Cells.RollOuts;
using Realtime.Protocol;

namespace Realtime.Daemon.Frames;

/// <summary>
/// A model at work: its engine with the hidden states, and in slabs beside it what else its streams carry.
/// </summary>
public sealed class ModelHost : IDisposable
{
    // Four whole groups of the kernels: what a tick needs stays in the nearer caches until it is finished.
    private const int UsualChunk = 96;

    // Where rows are long: one group.
    private const int LearningChunk = 24;

    // The built-in model's rows are asked for whole; more of longer ones would push out what was asked for first.
    private const int LearntLines = 256;

    private Stack<int> _free = new();
    private RowSlabs _rows;
    private RowSlabs? _learnt;
    private IRollOut? _rollOut;
    private RollOutWave? _rollOuts;
    private int _end;

    public ModelHost(string name, Model model, IStepEngine engine, IReadOnlyList<string> patterns)
    {
        Name = name;
        Model = model;
        (Engine, IsAsynchronous) = (engine, engine.IsAsynchronous);
        Chunk = Math.Max(UsualChunk, engine.RowsAtOnce);
        Patterns = patterns;
        Preprocessor = new Preprocessor(model);
        Inputs = new InputNames(model.Inputs);
        Vocabulary = model.Vocabulary;
        InputCount = model.Inputs.Count;
        NetworkInputCount = model.NetworkInputCount;
        ExtraCount = model.ExtraCount;
        OutputCount = model.OutputCount;
        PredictionCount = model.PredictionCount;
        RowDoubles = Preprocessor.MemoryDoubles + PredictionCount + InputCount;
        _rows = new RowSlabs(RowDoubles * sizeof(double));
        if (OnlineForecaster.Wanted(model))
        {
            Online = new OnlineForecaster(model, Preprocessor);
            LearntBytes = Online.MemoryBytes + StreamMonitor.BytesOf(model.Intervals.Count);
            _learnt = new RowSlabs(LearntBytes, areLong: true);
            HiddenCount = model.TopCount;
            Chunk = LearningChunk;
        }

        Predictions = new PredictionWriter(new PredictionLayout
        {
            Model = name,
            Horizons = model.Forecast.Horizons,
            Outputs = model.Forecast.Outputs.Length,
            Quantiles = [.. model.PublishedQuantiles],
            Classes = model.Forecast.Classes,
        });
    }

    /// <summary>The configured name, which predictions carry.</summary>
    public string Name { get; }

    public Model Model { get; }
    public IStepEngine Engine { get; }

    /// <summary>Of the engine, at hand: its waves are stepped whole, and while the loop does something else.</summary>
    public bool IsAsynchronous { get; }

    /// <summary>Items to prepare, step and finish together on the processor: as many as stay in the nearer caches, if
    /// its threads have enough to do.</summary>
    public int Chunk { get; }

    /// <summary>Forecasts further ahead, of a model that can be rolled out; made when it is first asked for.</summary>
    public RollOutWave RollOuts => _rollOuts ??= new RollOutWave(_rollOut ??= Engine.RollOut());

    /// <summary>Patterns of the streams it serves, as configured.</summary>
    public IReadOnlyList<string> Patterns { get; set; }

    /// <summary>Ticks of each stream's past that a model of another shape is stepped through before it takes over.
    /// </summary>
    public int WarmTicks { get; set; } = 256;

    /// <summary>Another model is warming up to take its place: what it predicts is flagged.</summary>
    public bool HasSuccessor { get; set; }

    /// <summary>Of the model, at hand.</summary>
    public int InputCount { get; }
    public int NetworkInputCount { get; }
    public int OutputCount { get; }
    public int PredictionCount { get; }
    public int? Vocabulary { get; }

    /// <summary>Numbers of the features that only an adaptive head sees.</summary>
    public int ExtraCount { get; }

    /// <summary>Numbers of the hidden state that an adaptive head sees; 0 where there is none.</summary>
    public int HiddenCount { get; }

    public Preprocessor Preprocessor { get; }

    /// <summary>What each stream learns for itself; null where the model has no adaptive head, intervals or score.
    /// </summary>
    public OnlineForecaster? Online { get; }

    /// <summary>Bytes of <see cref="Learnt"/>; 0 where nothing is learnt.</summary>
    public int LearntBytes { get; }

    /// <summary>Bytes that one stream takes here: hidden state, memory, last prediction and values, what it learns.
    /// </summary>
    public long StreamBytes => Model.StateFloats * sizeof(float) + _rows.RowBytes + (_learnt?.RowBytes ?? 0);

    public InputNames Inputs { get; }
    public PredictionWriter Predictions { get; }

    /// <summary>About how many bytes one encoded prediction takes.</summary>
    public long PredictionBytes => 512 + 9L * (Model.PredictionCount + Model.Inputs.Count);

    /// <summary>It is there in case that streams come of so many values, and none has come yet.</summary>
    public bool StandsBy => Model.Copies > 1 && _end == 0;

    /// <summary>Streams this model serves now.</summary>
    public int Streams => _end - _free.Count;

    /// <summary>Bytes of all slabs.</summary>
    public long Bytes => Engine.StateBytes + _rows.Bytes + (_learnt?.Bytes ?? 0);

    /// <summary>Bytes that the next stream would add.</summary>
    public long BytesForOneMore => _free.Count != 0 ? 0
        : (_end == _rows.Capacity ? _rows.SlabBytes + (long)RowSlabs.Rows * Model.StateFloats * sizeof(float) : 0)
            + (_learnt is { } learnt && _end == learnt.Capacity ? learnt.SlabBytes : 0);

    // A row: the preprocessor's memory, the last prediction, the last values.
    private int RowDoubles { get; }

    /// <summary>Takes a row for a new stream, at its start.</summary>
    public int Take()
    {
        if (!_free.TryPop(out var row))
        {
            row = _end++;
            AddSlabs();
        }

        Clear(row);
        ClearMonitor(row);
        return row;
    }

    public void GiveBack(int row) => _free.Push(row);

    /// <summary>Hidden state zero, statistics at their start, nothing learnt.</summary>
    public void Clear(int row)
    {
        Engine.Clear(row);
        Preprocessor.Clear(Memory(row));
        Online?.Clear(OnlineMemory(row));
    }

    /// <summary>How its intervals have done, and its last score, are forgotten.</summary>
    public void ClearMonitor(int row)
    {
        if (Online is not null)
            Monitor(row).Clear();
    }

    /// <summary>What the preprocessor keeps of a stream.</summary>
    public Span<double> Memory(int row) => Row(row, 0, Preprocessor.MemoryDoubles);

    /// <summary>A stream's last prediction, [horizon][output][1 + quantiles].</summary>
    public Span<double> Prediction(int row) => Row(row, Preprocessor.MemoryDoubles, PredictionCount);

    /// <summary>The values of a stream's last tick as they came, NaN where missing.</summary>
    public Span<double> Values(int row) => Row(row, RowDoubles - InputCount, InputCount);

    /// <summary>All that a stream has learnt, and how it has done: the forecaster's memory, then the monitor's; empty
    /// where nothing is learnt.</summary>
    public unsafe Span<byte> Learnt(int row) => _learnt is null ? [] : new(_learnt[row], LearntBytes);

    /// <summary>What the online forecaster keeps of a stream; there is one.</summary>
    public unsafe Span<byte> OnlineMemory(int row) => new(_learnt![row], Online!.MemoryBytes);

    /// <summary>How a stream's intervals have done, and its last score; there is an online forecaster.</summary>
    public StreamMonitor Monitor(int row) =>
        new(MemoryMarshal.Cast<byte, double>(Learnt(row)[Online!.MemoryBytes..]));

    /// <summary>The score of a stream's last tick; NaN where there is none.</summary>
    public double Score(int row) => Online is null ? double.NaN : Monitor(row).Score;

    /// <summary>Asks for streams' memory, predictions and values, and what they have learnt.</summary>
    public void Fetch(ReadOnlySpan<int> rows)
    {
        _rows.Fetch(rows, (RowDoubles * sizeof(double) + RowSlabs.LineBytes - 1) / RowSlabs.LineBytes);
        _learnt?.Fetch(rows, Math.Min(LearntLines, LearntBytes / RowSlabs.LineBytes));
    }

    /// <summary>Makes room for so many rows.</summary>
    public void Reserve(int rows)
    {
        Engine.Grow(rows);
        while (_rows.Capacity < rows)
            _rows.Add();
        while (_learnt?.Capacity < rows)
            _learnt.Add();
    }

    /// <summary>
    /// Takes over all streams of a host whose model has a state of the same shape, each in the row it had. States are
    /// not copied, unless another engine keeps them from here on; what lies beside them is where the forecasts are as
    /// many numbers. What was learnt comes along where it has the same slots, else every stream learns anew.
    /// </summary>
    /// <returns>Last predictions came along, too.</returns>
    public bool TakeStreams(ModelHost from)
    {
        TakeStates(from.Engine);
        (_free, _end) = (from._free, from._end);
        (from._free, from._end) = (new Stack<int>(), 0);
        TakeLearnt(from);
        if (PredictionCount == from.PredictionCount)
        {
            (_rows, from._rows) = (from._rows, _rows);
            return true;
        }

        Reserve(_end);
        for (var row = 0; row < _end; row++)
        {
            from.Memory(row).CopyTo(Memory(row));
            from.Values(row).CopyTo(Values(row));
        }

        return false;
    }

    public void Dispose()
    {
        _rollOut?.Dispose();
        Engine.Dispose();
        _rows.Dispose();
        _learnt?.Dispose();
    }

    /// <summary>What streams of another host have learnt fits this one.</summary>
    public bool LearnsAs(ModelHost other) => LearntBytes == other.LearntBytes
        && (Online is null || Online.Slots.SequenceEqual(other.Online!.Slots));

    private void TakeStates(IStepEngine from)
    {
        if (Engine.Name == from.Name)
        {
            Engine.TakeStates(from);
            return;
        }

        Engine.Grow(from.Rows);
        var state = new float[Model.StateFloats];
        for (var row = 0; row < from.Rows; row++)
        {
            from.Read(row, state);
            Engine.Write(row, state);
        }
    }

    private void TakeLearnt(ModelHost from)
    {
        if (Online is null)
            return;
        if (LearnsAs(from))
        {
            (_learnt, from._learnt) = (from._learnt, _learnt);
            return;
        }

        Reserve(_end);
        for (var row = 0; row < _end; row++)
        {
            Online.Clear(OnlineMemory(row));
            ClearMonitor(row);
        }
    }

    private unsafe Span<double> Row(int row, int start, int count) => new((double*)_rows[row] + start, count);

    // Room for the last row.
    private void AddSlabs()
    {
        var row = _end - 1;
        if (row == _rows.Capacity)
        {
            Engine.Grow(row + RowSlabs.Rows);
            _rows.Add();
        }

        if (row == _learnt?.Capacity)
            _learnt.Add();
    }
}
