namespace Realtime.Training.Evaluation;

/// <summary>Errors of a forecaster's means; NaN where nothing was scored.</summary>
/// <param name="Count">Forecasts scored.</param>
/// <param name="Mse">Mean squared error.</param>
/// <param name="Mae">Mean absolute error.</param>
/// <param name="Mase">Mean absolute error over that of the naive forecast one season (else one tick) back, over the
/// series whose naive error is not 0.</param>
/// <param name="Smape">Mean of 200 |x − f| / (|x| + |f|), 0 where both are 0: percent, 0 to 200.</param>
public sealed record PointErrors(long Count, double Mse, double Mae, double Mase, double Smape)
{
    /// <summary>Root of the mean squared error.</summary>
    public double Rmse => Math.Sqrt(Mse);
}

/// <summary>An interval between two published quantiles.</summary>
/// <param name="Level">The share of values that it is to hold.</param>
/// <param name="Coverage">The share that it held.</param>
/// <param name="Width">Its mean width where it has bounds.</param>
/// <param name="Unbounded">The share without: adaptive intervals have none for a while where that alone keeps their
/// promise.</param>
public sealed record IntervalScore(double Level, double Coverage, double Width, double Unbounded);

/// <summary>A published quantile.</summary>
/// <param name="Level">The share of values that is to be below it.</param>
/// <param name="Below">The share that was not above it.</param>
/// <param name="Pinball">Mean of max(q (x − f), (q − 1)(x − f)) where it is a bound.</param>
public sealed record QuantileScore(double Level, double Below, double Pinball);

/// <summary>How the forecasts for one horizon did, and the baselines on the same values.</summary>
/// <param name="Horizon">Ticks ahead.</param>
/// <param name="Model">The model's.</param>
/// <param name="Persistence">The last value's.</param>
/// <param name="Rls">Those of the online linear forecast without a net.</param>
/// <param name="SeasonalNaive">Those of the value a season before; null without a season.</param>
/// <param name="Intervals">Of the model, in ascending order of level; none where it publishes no quantiles.</param>
/// <param name="Quantiles">Of the model, ascending.</param>
public sealed record HorizonScore(
    int Horizon, PointErrors Model, PointErrors Persistence, PointErrors Rls, PointErrors? SeasonalNaive,
    IReadOnlyList<IntervalScore> Intervals, IReadOnlyList<QuantileScore> Quantiles)
{
    /// <summary>Mean of the quantiles' pinball losses; NaN without quantiles.</summary>
    public double Pinball => Quantiles.Count == 0 ? double.NaN : Quantiles.Average(static one => one.Pinball);
}
