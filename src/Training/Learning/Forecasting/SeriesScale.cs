using Realtime.Cells;

namespace Realtime.Training.Learning.Forecasting;

/// <summary>
/// Means and standard deviations over the rows learnt from; a column that never moves has the standard deviation 1.
/// </summary>
/// <param name="Inputs">One pair per input.</param>
/// <param name="OutputMean">One per output; 0 for classes.</param>
/// <param name="OutputStd">One per output; 1 for classes.</param>
/// <param name="DifferenceStd">The root of the mean square of an output's changes from row to row.</param>
/// <param name="InputDifferenceStd">The same of the inputs.</param>
internal sealed record SeriesScale(Normalisation Inputs, double[] OutputMean, double[] OutputStd,
    double[] DifferenceStd, double[] InputDifferenceStd)
{
    /// <param name="series">All of them.</param>
    /// <param name="trainRows">How many first rows of each are learnt from.</param>
    /// <param name="layout">Which columns are inputs and outputs.</param>
    public static SeriesScale Of(IReadOnlyList<RecordedSeries> series, int[] trainRows, SeriesLayout layout)
    {
        var inputs = layout.Inputs.Select(column => MeanAndStd(Of(series, trainRows, column))).ToArray();
        var outputs = layout.Outputs
            .Select(column => layout.HasClasses ? (Mean: 0, Std: 1) : MeanAndStd(Of(series, trainRows, column)))
            .ToArray();
        return new(Normalisation.Fixed([.. inputs.Select(pair => pair.Mean)], [.. inputs.Select(pair => pair.Std)]),
            [.. outputs.Select(pair => pair.Mean)], [.. outputs.Select(pair => pair.Std)],
            [.. layout.Outputs.Select((column, i) => DifferenceOf(Of(series, trainRows, column), outputs[i].Std))],
            [.. layout.Inputs.Select((column, i) => DifferenceOf(Of(series, trainRows, column), inputs[i].Std))]);
    }

    // One row of values per series.
    private static double[][] Of(IReadOnlyList<RecordedSeries> series, int[] trainRows, int column) =>
        [.. series.Select((one, i) => Enumerable.Range(0, trainRows[i])
            .Select(row => one.Values[row * one.Columns + column]).ToArray())];

    private static (double Mean, double Std) MeanAndStd(double[][] series)
    {
        var values = series.SelectMany(one => one).Where(value => !double.IsNaN(value)).ToArray();
        if (values.Length == 0)
        {
            return (0, 1);
        }
        var mean = values.Average();
        var std = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
        return (mean, std > 1e-9 * Math.Abs(mean) ? std : 1);
    }

    private static double DifferenceOf(double[][] series, double std)
    {
        var (sum, count) = (0.0, 0L);
        foreach (var values in series)
        {
            for (var row = 1; row < values.Length; row++)
            {
                var change = values[row] - values[row - 1];
                sum += double.IsNaN(change) ? 0 : change * change;
                count += double.IsNaN(change) ? 0 : 1;
            }
        }
        return count > 0 && Math.Sqrt(sum / count) is var size && size > 1e-9 * std ? size : std;
    }
}
