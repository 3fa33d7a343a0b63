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

    /// <summary>Whether any of so many rows behind a row of a series is scored.</summary>
    public bool Scores(BacktestSeries series, int row, int steps)
    {
        var last = Math.Min(row + steps, series.Rows - 1);
        return last > row && series.FileRows[last] >= From && series.FileRows[row + 1] < To;
    }
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

    /// <summary>What stepped it: "cpu" or "gpu".</summary>
    public required string Engine { get; init; }

    /// <summary>What its bits depend on.</summary>
    public required string Kernel { get; init; }

    /// <summary>The models of an ensemble; none where one model was alone.</summary>
    public IReadOnlyList<BacktestMember> Members { get; init; } = [];

    /// <summary>Of what was rolled out, one for each series; empty where nothing was.</summary>
    public IReadOnlyList<SeriesScore> RolledOut { get; init; } = [];

    /// <summary>Over all series.</summary>
    public IReadOnlyList<HorizonScore> Horizons => ScoreTable.Of(Scores);

    /// <summary>The same by the steps of a roll-out; empty where nothing was rolled out.</summary>
    public IReadOnlyList<HorizonScore> Steps => RolledOut.Count == 0 ? [] : ScoreTable.Of(RolledOut);
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
    public static BacktestResult Run(
        LoadedModel model, string kernel, IReadOnlyList<BacktestSeries> series, BacktestPlan plan,
        Func<int, ForecastScored?>? listen = null, RowPredicted? predicted = null)
    {
        using var engines = Engines.OfCpu(kernel, 1);
        return Run(new BacktestSubject(model, engines), series, plan, listen, predicted);
    }

    /// <param name="subject">What is stepped, and on what.</param>
    /// <param name="series">At least one.</param>
    /// <param name="plan">What is scored.</param>
    /// <param name="listen">Gives whom to tell of a series' scored forecasts; null for nobody.</param>
    /// <param name="predicted">Told of each prediction, too; null for nobody.</param>
    /// <param name="stop">Ends it early.</param>
    public static BacktestResult Run(
        BacktestSubject subject, IReadOnlyList<BacktestSeries> series, BacktestPlan plan,
        Func<int, ForecastScored?>? listen = null, RowPredicted? predicted = null, CancellationToken stop = default)
    {
        var model = subject.Model.Model;
        using var backtest = new FrameBacktest(subject, series.Count);
        SeriesScore[] scores = [.. series.Select((one, i) => new SeriesScore(
            Plan(one, model.Forecast.Horizons, model.PublishedQuantiles, plan)) { Scored = listen?.Invoke(i) })];
        int[] steps = [.. Enumerable.Range(1, subject.RollOut)];
        SeriesScore[] rolledOut = steps.Length == 0 ? []
            : [.. series.Select(one => new SeriesScore(Plan(one, steps, [], plan)))];
        backtest.Run(
            series,
            (i, row, prediction) =>
            {
                if (series[i].IsOfOwnRow)
                    scores[i].Hold(prediction.Numbers);
                Observe(scores[i], series[i], row, plan);
                if (!series[i].IsOfOwnRow)
                    scores[i].Hold(prediction.Numbers);
                predicted?.Invoke(i, row, prediction);
            },
            steps.Length == 0 ? null : (i, row, forecasts) =>
            {
                Observe(rolledOut[i], series[i], row, plan);
                rolledOut[i].Hold(forecasts);
            },
            (i, row) => plan.Scores(series[i], row, steps.Length),
            stop);
        return new BacktestResult
        {
            Series = series,
            Scores = scores,
            RolledOut = rolledOut,
            Ticks = backtest.Ticks,
            NanosecondsPerStep = backtest.NanosecondsPerStep,
            BytesPerStream = backtest.BytesPerStream,
            Flagged = backtest.Flagged,
            Engine = backtest.Engine,
            Kernel = backtest.Kernel,
        };
    }

    private static ScorePlan Plan(
        BacktestSeries series, IReadOnlyList<int> horizons, IReadOnlyList<double> quantiles, BacktestPlan plan) => new()
        {
            Horizons = horizons,
            Outputs = series.Outputs,
            Quantiles = quantiles,
            Season = plan.Season,
            Scale = series.Scale,
            IsOfOwnRow = series.IsOfOwnRow,
        };

    private static void Observe(SeriesScore score, BacktestSeries series, int row, BacktestPlan plan)
    {
        var fileRow = series.FileRows[row];
        var isScored = fileRow >= plan.From && fileRow < plan.To;
        // What MASE divides by is known before the rows that are scored; where all are, it is of all.
        score.Observe(series.ActualOf(row), isScored, plan.From == 0 || fileRow < plan.From);
    }
}
