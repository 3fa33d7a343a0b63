using Realtime.Cells;
using Realtime.Protocol;

namespace Realtime.Daemon.Frames;

/// <summary>
/// A model at work: its engine with the hidden states, and in slabs beside it what else its streams carry.
/// </summary>
public sealed class ModelHost : IDisposable
{
    private readonly Stack<int> _free = new();
    private readonly List<double[]> _memory = [];
    private readonly List<double[]> _predictions = [];
    private readonly List<double[]> _values = [];
    private int _end;

    public ModelHost(string name, Model model, IStepEngine engine, IReadOnlyList<string> patterns)
    {
        Name = name;
        Model = model;
        Engine = engine;
        Patterns = patterns;
        Preprocessor = new Preprocessor(model);
        Inputs = new InputNames(model.Inputs);
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

    /// <summary>Patterns of the streams it serves, as configured.</summary>
    public IReadOnlyList<string> Patterns { get; }

    public Preprocessor Preprocessor { get; }
    public InputNames Inputs { get; }
    public PredictionWriter Predictions { get; }

    /// <summary>About how many bytes one encoded prediction takes.</summary>
    public long PredictionBytes => 512 + 9L * (Model.PredictionCount + Model.Inputs.Count);

    /// <summary>Streams this model serves now.</summary>
    public int Streams => _end - _free.Count;

    /// <summary>Bytes of all slabs.</summary>
    public long Bytes => Engine.StateBytes + (long)_memory.Count * SlabBytes;

    /// <summary>Bytes that the next stream would add.</summary>
    public long BytesForOneMore => _free.Count == 0 && _end == _memory.Count * StreamTable.SlabRows
        ? SlabBytes + (long)StreamTable.SlabRows * Model.StateFloats * sizeof(float)
        : 0;

    private long SlabBytes => (long)StreamTable.SlabRows * sizeof(double)
        * (Preprocessor.MemoryDoubles + Model.PredictionCount + Model.Inputs.Count);

    /// <summary>Takes a row for a new stream, at its start.</summary>
    public int Take()
    {
        if (!_free.TryPop(out var row))
        {
            row = _end++;
            if (row == _memory.Count * StreamTable.SlabRows)
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
    public Span<double> Memory(int row) => Row(_memory, row, Preprocessor.MemoryDoubles);

    /// <summary>A stream's last prediction, [horizon][output][1 + quantiles].</summary>
    public Span<double> Prediction(int row) => Row(_predictions, row, Model.PredictionCount);

    /// <summary>The values of a stream's last tick as they came, NaN where missing.</summary>
    public Span<double> Values(int row) => Row(_values, row, Model.Inputs.Count);

    public void Dispose() => Engine.Dispose();

    private static Span<double> Row(List<double[]> slabs, int row, int width) =>
        slabs[row / StreamTable.SlabRows].AsSpan(row % StreamTable.SlabRows * width, width);

    private void AddSlab()
    {
        Engine.Grow(_end - 1 + StreamTable.SlabRows);
        _memory.Add(new double[StreamTable.SlabRows * Preprocessor.MemoryDoubles]);
        _predictions.Add(new double[StreamTable.SlabRows * Model.PredictionCount]);
        _values.Add(new double[StreamTable.SlabRows * Model.Inputs.Count]);
    }
}
