using Realtime.Cells;

namespace Realtime.Training.Learning.Forecasting;

/// <summary>
/// A series as the network takes it: every column less its mean, over its standard deviation. A missing input is its
/// column's last value, else the mean; the daemon takes its own forecast first, where it has one.
/// </summary>
internal sealed class ScaledSeries
{
    private readonly float[] _inputs;
    private readonly float[] _values;
    private readonly int _columns;

    public ScaledSeries(RecordedSeries series, Normalisation scale, double trainShare)
    {
        _columns = series.Columns;
        Rows = series.Rows;
        TrainRows = TrainRowsOf(series, trainShare);
        _inputs = new float[series.Values.Length];
        _values = new float[series.Values.Length];
        var last = new float[_columns];
        for (var i = 0; i < _values.Length; i++)
        {
            var column = i % _columns;
            _values[i] = (float)((series.Values[i] - scale.Mean[column]) / scale.Std[column]);
            last[column] = float.IsNaN(_values[i]) ? last[column] : _values[i];
            _inputs[i] = last[column];
        }
    }

    public int Rows { get; }

    /// <summary>The first rows, to be learnt from; those behind them validate.</summary>
    public int TrainRows { get; }

    /// <summary>Never missing.</summary>
    public ReadOnlySpan<float> Inputs(int row) => _inputs.AsSpan(row * _columns, _columns);

    /// <summary>NaN where missing.</summary>
    public ReadOnlySpan<float> Values(int row) => _values.AsSpan(row * _columns, _columns);

    /// <summary>Means and standard deviations over the first rows of all series; a column that never moves has
    /// 1.</summary>
    public static Normalisation ScaleOf(IReadOnlyList<RecordedSeries> series, double trainShare)
    {
        var columns = series[0].Columns;
        double[] mean = new double[columns], std = new double[columns];
        for (var column = 0; column < columns; column++)
        {
            var values = series.SelectMany(one => Enumerable
                .Range(0, TrainRowsOf(one, trainShare)).Select(row => one.Values[row * columns + column]))
                .Where(value => !double.IsNaN(value)).ToArray();
            mean[column] = values.Length == 0 ? 0 : values.Average();
            var variance = values.Length == 0 ? 0 : values.Average(value => Math.Pow(value - mean[column], 2));
            std[column] = Math.Sqrt(variance) is var deviation && deviation > 1e-9 * Math.Abs(mean[column])
                && deviation > 0 ? deviation : 1;
        }
        return Normalisation.Fixed(mean, std);
    }

    private static int TrainRowsOf(RecordedSeries series, double trainShare) =>
        (int)Math.Round(series.Rows * trainShare);
}
