using Realtime.Training.Evaluation;

namespace Realtime.Training.Tests.Evaluation;

public sealed class SeriesScoreTests
{
    private const double Exact = 1e-12;

    [Fact]
    public void Of_OneHorizon_HasEveryMeasureAsComputedByHand()
    {
        var series = new SeriesScore(new ScorePlan
        {
            Horizons = [1], Outputs = 1, Quantiles = [0.1, 0.9], Scale = [2],
        });
        double[] actual = [10, 12, 12, 0];
        double[][] forecasts = [[11, 9, 13], [14, 13, 15], [0, -1, 1], [5, 4, 6]];
        Step(series, actual, forecasts);
        var score = Assert.Single(ScoreTable.Of(series));

        // Errors -1, 2, 0 in units of two; naive changes of 2, 0 and 12.
        Assert.Equal(3, score.Model.Count);
        Assert.Equal((0.25 + 1 + 0) / 3, score.Model.Mse, Exact);
        Assert.Equal((0.5 + 1) / 3, score.Model.Mae, Exact);
        Assert.Equal(Math.Sqrt(1.25 / 3), score.Model.Rmse, Exact);
        Assert.Equal(1 / (14.0 / 3), score.Model.Mase, Exact);
        // The last is 0 of 0.
        Assert.Equal((200 * 1 / 23.0 + 200 * 2 / 26.0 + 0) / 3, score.Model.Smape, Exact);
        Assert.Equal(1, score.Persistence.Mase, Exact);
        Assert.Equal((1 + 0 + 36) / 3.0, score.Persistence.Mse, Exact);

        // 12 in 9…13, 12 below 13…15, 0 in -1…1.
        var interval = Assert.Single(score.Intervals);
        Assert.Equal((0.8, 2 / 3.0, (4 + 2 + 2) / 3.0 / 2), (interval.Level, interval.Coverage, interval.Width));
        Assert.Equal([1 / 3.0, 1], score.Quantiles.Select(static one => one.Below));
        Assert.Equal((0.1 * 3 + 0.9 * 1 + 0.1 * 1) / 3 / 2, score.Quantiles[0].Pinball, Exact);
        Assert.Equal((0.1 * 1 + 0.1 * 3 + 0.1 * 1) / 3 / 2, score.Quantiles[1].Pinball, Exact);
        Assert.Equal((score.Quantiles[0].Pinball + score.Quantiles[1].Pinball) / 2, score.Pinball, Exact);
    }

    [Fact]
    public void Observe_LongerHorizons_AreScoredWhenTheirTickComes()
    {
        var series = new SeriesScore(new ScorePlan { Horizons = [1, 3], Outputs = 1 });
        var rows = new List<(long Row, int Horizon, double Forecast)>();
        series.Scored = (in ScoredForecast one) => rows.Add((one.Row, one.Horizon, one.Forecast[0]));
        Step(series, [0, 0, 0, 0, 0], [[1, 2], [3, 4], [5, 6], [7, 8], [9, 10]]);
        Assert.Equal([(1, 0, 1), (2, 0, 3), (3, 0, 5), (3, 1, 2), (4, 0, 7), (4, 1, 4)], rows);
    }

    [Fact]
    public void Of_AConstantSeries_HasNoMase()
    {
        var still = new SeriesScore(new ScorePlan { Horizons = [1], Outputs = 1 });
        Step(still, [3, 3, 3], [[4], [3], [3]]);
        Assert.True(double.IsNaN(ScoreTable.Of(still)[0].Model.Mase));
        Assert.Equal(0.5, ScoreTable.Of(still)[0].Model.Mae);

        // Beside another series it is left out of MASE, and of nothing else.
        var moving = new SeriesScore(new ScorePlan { Horizons = [1], Outputs = 1 });
        Step(moving, [0, 2, 0], [[1], [1], [1]]);
        var both = ScoreTable.Of(still, moving)[0].Model;
        Assert.Equal((4, 0.5, 0.75), (both.Count, both.Mase, both.Mae));
    }

    [Fact]
    public void Observe_BeforeTheFirstValueSeen_NothingIsCompared()
    {
        var series = new SeriesScore(new ScorePlan { Horizons = [1], Outputs = 1 });
        Step(series, [double.NaN, 5, double.NaN, 6], [[5], [5], [5], [6]]);
        var score = ScoreTable.Of(series)[0];
        // Row 1 has no value before it, row 2 none of its own.
        Assert.Equal(1, score.Model.Count);
        Assert.Equal((1, 1), (score.Model.Mse, score.Persistence.Mse));
    }

    [Fact]
    public void Of_AnUnboundedInterval_CoversAndHasNoWidth()
    {
        var series = new SeriesScore(new ScorePlan { Horizons = [1], Outputs = 1, Quantiles = [0.1, 0.9] });
        Step(series, [1, 2, 3], [[1, -1e100, 1e100], [3, 1, 5], [0, 0, 0]]);
        var score = ScoreTable.Of(series)[0];
        Assert.Equal(new IntervalScore(0.8, 1, 4, 0.5), Assert.Single(score.Intervals));
        Assert.Equal([0.1 * 2, 0.1 * 2], score.Quantiles.Select(static one => Math.Round(one.Pinball, 9)));
    }

    [Fact]
    public void Observe_OfTheRowItself_ComparesEachRowAndNoBaseline()
    {
        var series = new SeriesScore(new ScorePlan { Horizons = [1], Outputs = 1, IsOfOwnRow = true });
        var rows = new List<long>();
        series.Scored = (in ScoredForecast one) => rows.Add(one.Row);
        foreach (var (predicted, remaining) in new[] { (5.0, 2.0), (1, 1), (1, 0) })
        {
            series.Hold([predicted]);
            series.Observe([remaining]);
        }

        var score = ScoreTable.Of(series)[0];
        Assert.Equal([0, 1, 2], rows);
        Assert.Equal((3, 10 / 3.0), (score.Model.Count, score.Model.Mse));
        Assert.Equal(0, score.Persistence.Count);
        Assert.True(double.IsNaN(score.Rls.Mse));
    }

    [Fact]
    public void Intervals_ArePairsOfQuantilesInAscendingOrder()
    {
        var plan = new ScorePlan { Horizons = [1], Outputs = 1, Quantiles = [0.025, 0.1, 0.5, 0.7, 0.9, 0.975] };
        Assert.Equal([(0.8, 1, 4), (0.95, 0, 5)], plan.Intervals);
    }

    [Fact]
    public void Ratios_CountWhatIsDefined()
    {
        var ratios = Ratios.Of([0.5, 2, double.NaN, 0.25, 1, double.PositiveInfinity]);
        Assert.Equal((4, 2, 0.75, 2), (ratios.Count, ratios.Better, ratios.Median, ratios.Worst));
        Assert.Equal(Math.Pow(0.25, 0.25), ratios.GeometricMean, Exact);
        Assert.Equal(0, Ratios.Of([]).Count);
    }

    private static void Step(SeriesScore series, double[] actual, double[][] forecasts)
    {
        for (var row = 0; row < actual.Length; row++)
        {
            series.Observe([actual[row]]);
            series.Hold(forecasts[row]);
        }
    }
}
