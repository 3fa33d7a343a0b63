using Realtime.Daemon.Hosting;
using Realtime.Training.Evaluation;

namespace Realtime.Daemon.Backtesting;

/// <summary>Which rows of a file are scored, by the row that is forecast, and with which season.</summary>
internal sealed record BacktestPlan
{
    public int? Season { get; init; }

    /// <summary>The first row, from 0.</summary>
    public int From { get; init; }

    /// <summary>The row behind the last.</summary>
    public int To { get; init; } = int.MaxValue;
}

/// <summary>How a model did.</summary>
internal sealed record BacktestResult
{
    public required IReadOnlyList<BacktestSeries> Series { get; init; }

    /// <summary>One for each series.</summary>
    public required IReadOnlyList<SeriesScore> Scores { get; init; }
    public required long Ticks { get; init; }
    public required double NanosecondsPerStep { get; init; }
    public required long BytesPerStream { get; init; }

    /// <summary>Predictions with each flag, in the order of the flags' bits.</summary>
    public required long[] Flagged { get; init; }

    /// <summary>Over all series.</summary>
    public IReadOnlyList<HorizonScore> Horizons => ScoreTable.Of(Scores);
}

/// <summary>Steps recorded series through the daemon's loop and scores what it published.</summary>
internal static class BacktestRun
{
    /// <param name="model">Serves every series.</param>
    /// <param name="kernel">The CPU kernel.</param>
    /// <param name="series">At least one.</param>
    /// <param name="plan">What is scored.</param>
    /// <param name="listen">Gives whom to tell of a series' scored forecasts; null for nobody.</param>
    /// <param name="predicted">Told of each prediction, too; null for nobody.</param>
    /// <param name="stop">Ends it early.</param>
    public static BacktestResult Run(
        LoadedModel model, string kernel, IReadOnlyList<BacktestSeries> series, BacktestPlan plan,
        Func<int, ForecastScored?>? listen = null, RowPredicted? predicted = null, CancellationToken stop = default)
    {
        using var backtest = new FrameBacktest(model, kernel, series.Count);
        SeriesScore[] scores = [.. series.Select((one, i) => new SeriesScore(new ScorePlan
        {
            Horizons = model.Model.Forecast.Horizons,
            Outputs = one.Outputs,
            Quantiles = model.Model.PublishedQuantiles,
            Season = plan.Season,
            Scale = one.Scale,
            IsOfOwnRow = one.IsOfOwnRow,
        })
        {
            Scored = listen?.Invoke(i),
        })];
        backtest.Run(
            series,
            (i, row, prediction) =>
            {
                var fileRow = series[i].FileRows[row];
                var isScored = fileRow >= plan.From && fileRow < plan.To;
                if (series[i].IsOfOwnRow)
                    scores[i].Hold(prediction.Numbers);
                // What MASE divides by is known before the rows that are scored; where all are, it is of all.
                scores[i].Observe(series[i].ActualOf(row), isScored, plan.From == 0 || fileRow < plan.From);
                if (!series[i].IsOfOwnRow)
                    scores[i].Hold(prediction.Numbers);
                predicted?.Invoke(i, row, prediction);
            },
            stop);
        return new BacktestResult
        {
            Series = series,
            Scores = scores,
            Ticks = backtest.Ticks,
            NanosecondsPerStep = backtest.NanosecondsPerStep,
            BytesPerStream = backtest.BytesPerStream,
            Flagged = backtest.Flagged,
        };
    }
}
