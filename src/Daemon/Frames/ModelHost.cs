using Realtime.Cells;
using Realtime.Protocol;

namespace Realtime.Daemon.Frames;

/// <summary>
/// A model at work: its engine with the hidden states, and in slabs beside it what else its streams carry.
/// </summary>
public sealed class ModelHost : IDisposable
{
    public const int CpuChunk = 256;

    private Stack<int> _free = new();
    private RowSlabs _rows;
    private int _end;

    public ModelHost(string name, Model model, IStepEngine engine, IReadOnlyList<string> patterns)
    {
        Name = name;
        Model = model;
        Engine = engine;
        Patterns = patterns;
        Preprocessor = new Preprocessor(model);
        Inputs = new InputNames(model.Inputs);
        Vocabulary = model.Vocabulary;
        InputCount = model.Inputs.Count;
        OutputCount = model.OutputCount;
        PredictionCount = model.PredictionCount;
        RowDoubles = Preprocessor.MemoryDoubles + PredictionCount + InputCount;
        _rows = new RowSlabs(RowDoubles * sizeof(double));
        Predictions = new PredictionWriter(new PredictionLayout
        {
            Model = name,
            Horizons = model.Forecast.Horizons,
            Outputs = model.Forecast.Outputs.Length,
            Quantiles = model.Forecast.Quantiles,
            Classes = model.Forecast.Classes,
        });
    }

    /// <summary>The configured name, which predictions carry.</summary>
    public string Name { get; }

    public Model Model { get; }
    public IStepEngine Engine { get; }

    /// <summary>Items to prepare, step and finish together: as many as stay in the nearer caches, or all that there
    /// are for a device, which has little to do for few.</summary>
    public int Chunk => Engine is CpuEngine ? CpuChunk : int.MaxValue;

    /// <summary>Patterns of the streams it serves, as configured.</summary>
    public IReadOnlyList<string> Patterns { get; set; }

    /// <summary>Ticks of each stream's past that a model of another shape is stepped through before it takes over.
    /// </summary>
    public int WarmTicks { get; set; } = 256;

    /// <summary>Another model is warming up to take its place: what it predicts is flagged.</summary>
    public bool HasSuccessor { get; set; }

    /// <summary>Of the model, at hand.</summary>
    public int InputCount { get; }
    public int OutputCount { get; }
    public int PredictionCount { get; }
    public int? Vocabulary { get; }

    public Preprocessor Preprocessor { get; }
    public InputNames Inputs { get; }
    public PredictionWriter Predictions { get; }

    /// <summary>About how many bytes one encoded prediction takes.</summary>
    public long PredictionBytes => 512 + 9L * (Model.PredictionCount + Model.Inputs.Count);

    /// <summary>Streams this model serves now.</summary>
    public int Streams => _end - _free.Count;

    /// <summary>Bytes of all slabs.</summary>
    public long Bytes => Engine.StateBytes + _rows.Count * _rows.SlabBytes;

    /// <summary>Bytes that the next stream would add.</summary>
    public long BytesForOneMore => _free.Count == 0 && _end == _rows.Count * RowSlabs.Rows
        ? _rows.SlabBytes + (long)RowSlabs.Rows * Model.StateFloats * sizeof(float)
        : 0;

    // A row: the preprocessor's memory, the last prediction, the last values.
    private int RowDoubles { get; }

    /// <summary>Takes a row for a new stream, at its start.</summary>
    public int Take()
    {
        if (!_free.TryPop(out var row))
        {
            row = _end++;
            if (row == _rows.Count * RowSlabs.Rows)
                AddSlab();
        }

        Clear(row);
        return row;
    }

    public void GiveBack(int row) => _free.Push(row);

    /// <summary>Hidden state zero, statistics at their start.</summary>
    public void Clear(int row)
    {
        Engine.Clear(row);
        Preprocessor.Clear(Memory(row));
    }

    /// <summary>What the preprocessor keeps of a stream.</summary>
    public Span<double> Memory(int row) => Row(row, 0, Preprocessor.MemoryDoubles);

    /// <summary>A stream's last prediction, [horizon][output][1 + quantiles].</summary>
    public Span<double> Prediction(int row) => Row(row, Preprocessor.MemoryDoubles, PredictionCount);

    /// <summary>The values of a stream's last tick as they came, NaN where missing.</summary>
    public Span<double> Values(int row) => Row(row, RowDoubles - InputCount, InputCount);

    /// <summary>Asks for a stream's memory, prediction and values.</summary>
    public void Fetch(int row) =>
        _rows.Fetch(row, (RowDoubles * sizeof(double) + RowSlabs.LineBytes - 1) / RowSlabs.LineBytes);

    /// <summary>Makes room for so many rows.</summary>
    public void Reserve(int rows)
    {
        Engine.Grow(rows);
        while (_rows.Count * RowSlabs.Rows < rows)
            _rows.Add();
    }

    /// <summary>
    /// Takes over all streams of a host whose model has a state of the same shape, each in the row it had. States are
    /// not copied; what lies beside them is where the forecasts are as many numbers.
    /// </summary>
    /// <returns>Last predictions came along, too.</returns>
    public bool TakeStreams(ModelHost from)
    {
        Engine.TakeStates(from.Engine);
        (_free, _end) = (from._free, from._end);
        (from._free, from._end) = (new Stack<int>(), 0);
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
        Engine.Dispose();
        _rows.Dispose();
    }

    private unsafe Span<double> Row(int row, int start, int count) => new((double*)_rows[row] + start, count);

    private void AddSlab()
    {
        Engine.Grow(_end - 1 + RowSlabs.Rows);
        _rows.Add();
    }
}
