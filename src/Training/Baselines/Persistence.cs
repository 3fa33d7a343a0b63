namespace Realtime.Training.Baselines;

/// <summary>The last value seen.</summary>
public sealed class Persistence(IReadOnlyList<int> horizons) : Baseline(horizons)
{
    protected override void Observe(double value)
    {
    }

    protected override void Forecast(Span<double> forecast) => forecast.Fill(Last);
}
