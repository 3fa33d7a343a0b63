using Realtime.Cells;

namespace Realtime.Training.Learning.Forecasting;

/// <summary>
/// A series as the network takes it, by the arithmetic of the daemon, and its targets. A missing input is its column's
/// last value, else the mean; the daemon takes its own forecast first, where it has one.
/// </summary>
internal sealed class ScaledSeries
{
    private readonly float[] _inputs;
    private readonly float[] _values;
    private readonly float[] _last;
    private readonly int _outputs;
    private readonly float[] _differencesPerStd;
    private readonly double[] _means;
    private readonly double[] _stds;

    /// <param name="series">As recorded.</param>
    /// <param name="layout">Which columns are inputs and outputs.</param>
    /// <param name="scale">Of the rows learnt from.</param>
    /// <param name="model">With any weights.</param>
    /// <param name="trainRows">The first rows, to be learnt from; those behind them validate.</param>
    public ScaledSeries(RecordedSeries series, SeriesLayout layout, SeriesScale scale, Model model, int trainRows)
    {
        (Rows, TrainRows, Width, _outputs) = (series.Rows, trainRows, model.NetworkInputCount, layout.Outputs.Count);
        _inputs = new float[checked(Rows * Width)];
        _values = new float[checked(Rows * _outputs)];
        _last = new float[_values.Length];
        _differencesPerStd = [.. scale.OutputStd.Select((std, i) => (float)(std / scale.DifferenceStd[i]))];
        (_means, _stds) = (scale.OutputMean, scale.OutputStd);
        FillInputs(series, layout, model);
        FillValues(series, layout, scale);
    }

    public int Rows { get; }

    /// <summary>The first rows, to be learnt from; those behind them validate.</summary>
    public int TrainRows { get; }

    /// <summary>Numbers of a row that the network takes.</summary>
    public int Width { get; }

    /// <summary>Never missing.</summary>
    public ReadOnlySpan<float> Inputs(int row) => _inputs.AsSpan(row * Width, Width);

    /// <summary>An output in standard deviations from its mean (a class as its number); NaN where missing.</summary>
    public float Value(int row, int output) => _values[row * _outputs + output];

    /// <summary>From an output's own units to standard deviations from its mean.</summary>
    public double ToScaled(double value, int output) => (value - _means[output]) / _stds[output];

    /// <summary>The last value of an output that was not missing, likewise; 0 before the first.</summary>
    public float Last(int row, int output) => _last[row * _outputs + output];

    /// <summary>What the network is to say at a row of the row so many behind it; NaN where it can't be
    /// known.</summary>
    public float Target(int row, int lead, int output, ForecastTarget kind)
    {
        var value = Value(row + lead, output);
        return kind == ForecastTarget.Value
            ? value
            : Math.Clamp((value - Last(row, output)) * _differencesPerStd[output],
                -ForecastTraining.LongestTarget, ForecastTraining.LongestTarget);
    }

    /// <summary>The other way round: what the network says, in standard deviations from the mean.</summary>
    public double Forecast(int row, int lead, int output, ForecastTarget kind, double said)
    {
        var limit = Cells.Forecast.DefaultClip * Math.Sqrt(lead);
        return kind == ForecastTarget.Value
            ? said
            : Last(row, output) + Math.Clamp(said, -limit, limit) / _differencesPerStd[output];
    }

    private void FillInputs(RecordedSeries series, SeriesLayout layout, Model model)
    {
        var preprocessor = new Preprocessor(model);
        double[] memory = new double[preprocessor.MemoryDoubles], values = new double[layout.Inputs.Count];
        preprocessor.Clear(memory);
        for (var row = 0; row < Rows; row++)
        {
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = series.Row(row)[layout.Inputs[i]];
            }
            preprocessor.Prepare(
                values, series.Times?[row] ?? Preprocessor.NoTime, memory, _inputs.AsSpan(row * Width, Width), []);
        }
    }

    private void FillValues(RecordedSeries series, SeriesLayout layout, SeriesScale scale)
    {
        for (var i = 0; i < _outputs; i++)
        {
            var last = 0f;
            for (var row = 0; row < Rows; row++)
            {
                var value = series.Values[row * series.Columns + layout.Outputs[i]];
                var scaled = (float)((value - scale.OutputMean[i]) / scale.OutputStd[i]);
                last = float.IsNaN(scaled) ? last : scaled;
                _values[row * _outputs + i] = scaled;
                _last[row * _outputs + i] = last;
            }
        }
    }
}
