namespace Realtime.Training.Evaluation;

/// <summary>Ratios of errors to a baseline's over many series; where the baseline has none a ratio does not count.
/// </summary>
/// <param name="Count">Series with a ratio.</param>
/// <param name="Better">Those below 1.</param>
/// <param name="Median">NaN where there is none.</param>
/// <param name="GeometricMean">Of those above 0; NaN where there is none.</param>
/// <param name="Worst">The largest.</param>
public sealed record Ratios(int Count, int Better, double Median, double GeometricMean, double Worst)
{
    public static Ratios Of(IEnumerable<double> ratios)
    {
        double[] sorted = [.. ratios.Where(double.IsFinite).Order()];
        if (sorted.Length == 0)
        {
            return new Ratios(0, 0, double.NaN, double.NaN, double.NaN);
        }
        var middle = sorted.Length / 2;
        var median = sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        var logarithms = sorted.Where(static ratio => ratio > 0).Select(static ratio => Math.Log(ratio))
            .DefaultIfEmpty(double.NaN);
        return new Ratios(
            sorted.Length, sorted.Count(static ratio => ratio < 1), median, Math.Exp(logarithms.Average()),
            sorted[^1]);
    }

    public override string ToString() => FormattableString.Invariant(
        $"better on {Better} of {Count}, median {Median:f3}, geometric mean {GeometricMean:f3}, worst {Worst:f3}");
}
