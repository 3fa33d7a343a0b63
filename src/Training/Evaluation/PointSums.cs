namespace Realtime.Training.Evaluation;

/// <summary>Sums over a forecaster's errors for one horizon and output, in units of the values.</summary>
internal struct PointSums
{
    public double Squares;
    public double Sizes;
    public double Symmetric;
    public long Count;

    public void Add(double actual, double forecast)
    {
        var error = forecast - actual;
        Squares += error * error;
        Sizes += Math.Abs(error);
        var size = Math.Abs(actual) + Math.Abs(forecast);
        Symmetric += size == 0 ? 0 : 200 * Math.Abs(error) / size;
        Count++;
    }
}

/// <summary>Sums over a model's quantiles for one horizon and output, in units of the values.</summary>
internal sealed class QuantileSums(ScorePlan plan)
{
    // A quantile this far out stands for none at all.
    private const double Nowhere = 1e99;

    private readonly IReadOnlyList<(double Level, int Low, int High)> _intervals = plan.Intervals;

    public double[] Pinball { get; } = new double[plan.Quantiles.Count];
    public long[] Bounds { get; } = new long[plan.Quantiles.Count];
    public long[] Below { get; } = new long[plan.Quantiles.Count];
    public double[] Width { get; } = new double[plan.Intervals.Count];
    public long[] Bounded { get; } = new long[plan.Intervals.Count];
    public long[] Held { get; } = new long[plan.Intervals.Count];

    public void Add(double actual, ReadOnlySpan<double> quantiles)
    {
        for (var i = 0; i < quantiles.Length; i++)
        {
            var above = actual - quantiles[i];
            Below[i] += above <= 0 ? 1 : 0;
            if (Math.Abs(quantiles[i]) >= Nowhere)
            {
                continue;
            }
            Bounds[i]++;
            Pinball[i] += Math.Max(plan.Quantiles[i] * above, (plan.Quantiles[i] - 1) * above);
        }
        for (var i = 0; i < _intervals.Count; i++)
        {
            var (low, high) = (quantiles[_intervals[i].Low], quantiles[_intervals[i].High]);
            if (Math.Abs(low) < Nowhere && Math.Abs(high) < Nowhere)
            {
                Bounded[i]++;
                Width[i] += high - low;
            }
            Held[i] += actual >= low && actual <= high ? 1 : 0;
        }
    }
}
