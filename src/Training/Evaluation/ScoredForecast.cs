namespace Realtime.Training.Evaluation;

/// <summary>A forecast whose value has come.</summary>
/// <param name="actual">The value.</param>
/// <param name="forecast">The model's mean, then its quantiles.</param>
/// <param name="baselines">What the baselines said: persistence, online linear, and with a season seasonal naive.
/// </param>
public readonly ref struct ScoredForecast(
    double actual, ReadOnlySpan<double> forecast, ReadOnlySpan<double> baselines)
{
    /// <summary>The row of the value, in ticks of its series from 0.</summary>
    public required long Row { get; init; }

    /// <summary>Which of the horizons.</summary>
    public required int Horizon { get; init; }
    public required int Output { get; init; }
    public double Actual { get; } = actual;
    public ReadOnlySpan<double> Forecast { get; } = forecast;
    public ReadOnlySpan<double> Baselines { get; } = baselines;
}

/// <summary>Is told of each forecast as it is scored.</summary>
public delegate void ForecastScored(in ScoredForecast forecast);
