namespace Realtime.Daemon.Bench;

/// <summary>What rounds of the same measurement gave: their median, the lowest and the highest.</summary>
public readonly record struct Spread(double Median, double Low, double High)
{
    /// <exception cref="ArgumentException">No rounds.</exception>
    public static Spread Of(IEnumerable<double> rounds)
    {
        double[] sorted = [.. rounds.Order()];
        if (sorted.Length == 0)
            throw new ArgumentException("expected at least one round", nameof(rounds));
        var middle = sorted.Length / 2;
        var median = sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(median, sorted[0], sorted[^1]);
    }

    /// <summary>The spread of one quantity over another, round by round.</summary>
    public static Spread OfRatios(IReadOnlyList<double> over, IReadOnlyList<double> under) =>
        Of(over.Zip(under, static (above, below) => above / below));
}
