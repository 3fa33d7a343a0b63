using System.Globalization;

namespace Realtime.Bench.Gpu;

/// <summary>What several rounds gave of one figure.</summary>
/// <param name="Name">With the numbers that it depends on.</param>
/// <param name="Unit">Of its values.</param>
internal sealed record Figure(string Name, string Unit)
{
    private readonly List<double> _rounds = [];

    public IReadOnlyList<double> Rounds => _rounds;
    public double Low => _rounds.Min();
    public double High => _rounds.Max();

    public double Median
    {
        get
        {
            double[] sorted = [.. _rounds.Order()];
            int half = sorted.Length / 2;
            return sorted.Length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
        }
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Name,-52} {Median,12:g5} {Unit,-6} ({Low:g5} to {High:g5}, {_rounds.Count} rounds)");

    public void Add(double value) => _rounds.Add(value);
}
