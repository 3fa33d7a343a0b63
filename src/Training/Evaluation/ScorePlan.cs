namespace Realtime.Training.Evaluation;

/// <summary>What of a model's forecasts is scored, and how.</summary>
public sealed record ScorePlan
{
    private const int Digits = 9;

    /// <summary>Ticks ahead, ascending, from 1.</summary>
    public required IReadOnlyList<int> Horizons { get; init; }

    /// <summary>Values forecast per tick.</summary>
    public required int Outputs { get; init; }

    /// <summary>Levels in (0, 1), ascending, that stand behind each mean; often none.</summary>
    public IReadOnlyList<double> Quantiles { get; init; } = [];

    /// <summary>Ticks of a season; null without one.</summary>
    public int? Season { get; init; }

    /// <summary>What each output's errors are divided by; null is 1.</summary>
    public IReadOnlyList<double>? Scale { get; init; }

    /// <summary>
    /// The values predicted are of the rows themselves and are never known at the time, as what remains: a prediction
    /// of horizon 1 is compared with its own row's value, which is observed after it, and no baseline knows of it.
    /// </summary>
    public bool IsOfOwnRow { get; init; }

    /// <summary>
    /// Pairs of quantiles that are intervals: the level, and where the bounds stand in <see cref="Quantiles"/>.
    /// </summary>
    public IReadOnlyList<(double Level, int Low, int High)> Intervals
    {
        get
        {
            var intervals = new List<(double, int, int)>();
            for (var low = 0; low < Quantiles.Count; low++)
            {
                var high = IndexOf(1 - Quantiles[low]);
                if (high > low)
                {
                    intervals.Add((Math.Round(Quantiles[high] - Quantiles[low], Digits), low, high));
                }
            }
            intervals.Reverse();
            return intervals;
        }
    }

    private int IndexOf(double level)
    {
        for (var i = 0; i < Quantiles.Count; i++)
        {
            if (Math.Abs(Quantiles[i] - level) < Math.Pow(10, -Digits))
            {
                return i;
            }
        }
        return -1;
    }
}
