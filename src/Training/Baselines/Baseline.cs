namespace Realtime.Training.Baselines;

/// <summary>
/// A forecaster of one series that a model has to beat: told each value in order, asked for the next ones.
/// </summary>
/// <param name="horizons">Ticks ahead, ascending, from 1.</param>
public abstract class Baseline(IReadOnlyList<int> horizons)
{
    /// <summary>Ticks ahead, ascending.</summary>
    protected IReadOnlyList<int> Horizons { get; } = horizons;

    /// <summary>The last value seen; NaN before the first.</summary>
    protected double Last { get; private set; } = double.NaN;

    /// <summary>A tick has come.</summary>
    /// <param name="value">Its value; NaN where it is missing.</param>
    /// <param name="forecast">Gets one number per horizon, from what is known now; NaN where nothing is.</param>
    public void Step(double value, Span<double> forecast)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(forecast.Length, Horizons.Count);
        Observe(value);
        if (!double.IsNaN(value))
        {
            Last = value;
        }
        Forecast(forecast);
    }

    /// <summary>Learns from a value; <see cref="Last"/> is still the one before.</summary>
    protected abstract void Observe(double value);

    /// <summary>Forecasts from what was observed so far.</summary>
    protected abstract void Forecast(Span<double> forecast);
}
