namespace Realtime.Training.Evaluation;

/// <summary>Turns the sums of one series or several into scores per horizon.</summary>
public static class ScoreTable
{
    /// <param name="series">Scored by the same plan, their scales aside; every scored forecast counts the same.</param>
    public static IReadOnlyList<HorizonScore> Of(params IReadOnlyList<SeriesScore> series)
    {
        ArgumentNullException.ThrowIfNull(series);
        var plan = series[0].Plan;
        return [.. plan.Horizons.Select((horizon, h) => new HorizonScore(
            horizon,
            Errors(series, 0, h),
            Errors(series, 1 + SeriesScore.Persistence, h),
            Errors(series, 1 + SeriesScore.Linear, h),
            plan.Season is null ? null : Errors(series, 1 + SeriesScore.Seasonal, h),
            IntervalsOf(series, h),
            QuantilesOf(series, h)))];
    }

    private static PointErrors Errors(IReadOnlyList<SeriesScore> series, int forecaster, int h)
    {
        double squares = 0, sizes = 0, symmetric = 0, scaled = 0;
        long count = 0, scaledCount = 0;
        foreach (var (one, output, scale) in Outputs(series))
        {
            ref readonly var sums = ref one.Sums(forecaster, h, output);
            squares += sums.Squares / (scale * scale);
            sizes += sums.Sizes / scale;
            symmetric += sums.Symmetric;
            count += sums.Count;
            if (one.NaiveError(output) is var naive and > 0)
            {
                scaled += sums.Sizes / naive;
                scaledCount += sums.Count;
            }
        }
        return new PointErrors(
            count, Mean(squares, count), Mean(sizes, count), Mean(scaled, scaledCount), Mean(symmetric, count));
    }

    private static List<IntervalScore> IntervalsOf(IReadOnlyList<SeriesScore> series, int h)
    {
        var scores = new List<IntervalScore>();
        foreach (var (i, interval) in series[0].Plan.Intervals.Index())
        {
            double width = 0;
            long held = 0, count = 0, bounded = 0;
            foreach (var (one, output, scale) in Outputs(series))
            {
                var sums = one.Quantiles(h, output);
                width += sums.Width[i] / scale;
                bounded += sums.Bounded[i];
                held += sums.Held[i];
                count += one.Sums(0, h, output).Count;
            }
            scores.Add(new IntervalScore(
                interval.Level, Mean(held, count), Mean(width, bounded), Mean(count - bounded, count)));
        }
        return scores;
    }

    private static List<QuantileScore> QuantilesOf(IReadOnlyList<SeriesScore> series, int h)
    {
        var scores = new List<QuantileScore>();
        foreach (var (i, level) in series[0].Plan.Quantiles.Index())
        {
            double pinball = 0;
            long below = 0, count = 0, bounds = 0;
            foreach (var (one, output, scale) in Outputs(series))
            {
                var sums = one.Quantiles(h, output);
                pinball += sums.Pinball[i] / scale;
                below += sums.Below[i];
                bounds += sums.Bounds[i];
                count += one.Sums(0, h, output).Count;
            }
            scores.Add(new QuantileScore(level, Mean(below, count), Mean(pinball, bounds)));
        }
        return scores;
    }

    private static IEnumerable<(SeriesScore Series, int Output, double Scale)> Outputs(
        IReadOnlyList<SeriesScore> series) =>
        from one in series
        from output in Enumerable.Range(0, one.Plan.Outputs)
        select (one, output, one.Plan.Scale?[output] ?? 1);

    private static double Mean(double sum, long count) => count == 0 ? double.NaN : sum / count;
}
