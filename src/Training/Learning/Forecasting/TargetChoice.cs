using Realtime.Cells;

namespace Realtime.Training.Learning.Forecasting;

/// <summary>How a short training with one kind of target went.</summary>
/// <param name="Target">The kind.</param>
/// <param name="Result">What came out.</param>
/// <param name="Error">The mean squared error over the rows that validate, over that of persistence; the mean over the
/// horizons.</param>
public sealed record TargetTrial(ForecastTarget Target, TrainedForecaster Result, double Error);

/// <summary>Whether a network had better say values or differences.</summary>
public static class TargetChoice
{
    // Of the epochs of the whole, but no fewer than a network needs to learn anything.
    private const double Share = 0.2;
    private const int FewestEpochs = 5;

    /// <summary>Trains with each kind for a fifth of the epochs; the better one comes first.</summary>
    /// <param name="columns">As for a trainer.</param>
    /// <param name="series">As for a trainer.</param>
    /// <param name="training">As for a trainer; with outputs that are inputs.</param>
    /// <param name="report">Gets every epoch.</param>
    /// <param name="cancellation">Once it is asked for there may be only one trial.</param>
    public static IReadOnlyList<TargetTrial> Try(IReadOnlyList<string> columns, IReadOnlyList<RecordedSeries> series,
        ForecastTraining training, Action<ForecastTarget, EpochReport>? report, CancellationToken cancellation)
    {
        var epochs = Math.Min(training.Epochs, Math.Max(FewestEpochs, (int)(training.Epochs * Share)));
        var trials = new List<TargetTrial>();
        foreach (var target in new[] { ForecastTarget.Difference, ForecastTarget.Value })
        {
            using var trainer = new ForecastTrainer(
                columns, series, training with { Target = target, Epochs = epochs, Patience = epochs });
            var result = trainer.Train(epoch => report?.Invoke(target, epoch), cancellation);
            trials.Add(new(target, result, result.Errors.Average(RatioOf)));
            if (cancellation.IsCancellationRequested)
            {
                break;
            }
        }
        return [.. trials.OrderBy(trial => trial.Error)];
    }

    // So that the longest horizon, whose errors are the largest, does not decide alone.
    private static double RatioOf(HorizonErrors errors) =>
        errors.Persistence.Mse > 0 ? errors.Model.Mse / errors.Persistence.Mse : errors.Model.Mse;
}
