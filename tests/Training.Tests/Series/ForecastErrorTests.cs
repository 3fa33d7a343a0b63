namespace Realtime.Training.Tests.Series;

public sealed class ForecastErrorTests
{
    [Fact]
    public void Observe_TwoHorizons_ScoresEachForecastWhenItsTickArrives()
    {
        var error = new ForecastError([1, 2], outputs: 1);
        double[] actual = [10, 12, 11, 15];
        // From ticks 0 to 3: one and two ticks ahead.
        double[][] forecasts = [[11, 13], [13, 13], [14, 20], [0, 0]];
        for (var tick = 0; tick < actual.Length; tick++)
        {
            error.Observe([actual[tick]]);
            error.Hold(forecasts[tick]);
        }
        // Horizon 1: 11-12, 13-11, 14-15; persistence 10-12, 12-11, 11-15.
        Check(error.Forecast[0], count: 3, mse: 6.0 / 3, mae: 4.0 / 3);
        Check(error.Persistence[0], count: 3, mse: 21.0 / 3, mae: 7.0 / 3);
        // Horizon 2: 13-11, 13-15; persistence 10-11, 12-15.
        Check(error.Forecast[1], count: 2, mse: 8.0 / 2, mae: 4.0 / 2);
        Check(error.Persistence[1], count: 2, mse: 10.0 / 2, mae: 4.0 / 2);
    }

    [Fact]
    public void Observe_BeforeItsTime_CountsNothing()
    {
        var error = new ForecastError([3], outputs: 1);
        for (var tick = 0; tick < 3; tick++)
        {
            error.Observe([tick]);
            error.Hold([tick + 3]);
        }
        Assert.Equal(0, error.Forecast[0].Count);
        Assert.True(double.IsNaN(error.Forecast[0].Mse));
        Assert.True(double.IsNaN(error.Forecast[0].Rmse));
        error.Observe([3]);
        Check(error.Forecast[0], count: 1, mse: 0, mae: 0);
        Check(error.Persistence[0], count: 1, mse: 9, mae: 3);
    }

    [Fact]
    public void Observe_MissingValues_AreNotScoredAndPersistenceTakesTheLastSeen()
    {
        var error = new ForecastError([1], outputs: 1);
        error.Observe([1]);
        error.Hold([2]);
        error.Observe([double.NaN]);
        error.Hold([5]);
        error.Observe([4]);
        Check(error.Forecast[0], count: 1, mse: 1, mae: 1);
        Check(error.Persistence[0], count: 1, mse: 9, mae: 3);
    }

    [Fact]
    public void Observe_NoForecastHeldOrNaN_ScoresNeither()
    {
        var error = new ForecastError([1], outputs: 1);
        error.Observe([1]);
        error.Observe([2]);
        error.Hold([double.NaN]);
        error.Observe([3]);
        error.Hold([7]);
        error.Observe([4]);
        Check(error.Forecast[0], count: 1, mse: 9, mae: 3);
        Check(error.Persistence[0], count: 1, mse: 1, mae: 1);
    }

    [Fact]
    public void Observe_NoValueSeenYet_ScoresNeither()
    {
        var error = new ForecastError([1], outputs: 1);
        error.Observe([double.NaN]);
        error.Hold([1]);
        error.Observe([1]);
        Assert.Equal((0, 0), (error.Forecast[0].Count, error.Persistence[0].Count));
    }

    [Fact]
    public void Observe_SeveralOutputsWithScales_AveragesOverBoth()
    {
        var error = new ForecastError([1, 2], outputs: 2, scale: [2, 10]);
        error.Observe([0, 0]);
        error.Hold([2, 10, double.NaN, double.NaN]);
        error.Observe([4, 30]);
        // (2-4)/2 and (10-30)/10; persistence (0-4)/2 and (0-30)/10.
        Check(error.Forecast[0], count: 2, mse: (1 + 4) / 2.0, mae: 1.5);
        Check(error.Persistence[0], count: 2, mse: (4 + 9) / 2.0, mae: 2.5);
        Assert.Equal(0, error.Forecast[1].Count);
    }

    [Fact]
    public void Observe_WithoutScoring_StepsOverTheTick()
    {
        var error = new ForecastError([1], outputs: 1);
        double[] actual = [1, 2, 4, 8];
        for (var tick = 0; tick < actual.Length; tick++)
        {
            error.Observe([actual[tick]], score: tick == 2);
            error.Hold([0]);
        }
        Check(error.Forecast[0], count: 1, mse: 16, mae: 4);
        Check(error.Persistence[0], count: 1, mse: 4, mae: 2);
    }

    [Fact]
    public void Observe_AnySeries_AgreesWithScoringAfterwards()
    {
        int[] horizons = [1, 4, 7];
        var random = new Random(20261121);
        var actual = Enumerable.Range(0, 200).Select(_ => Math.Round(random.NextDouble() * 10, 2)).ToArray();
        var forecasts = actual.Select(_ => horizons.Select(_ => random.NextDouble() * 10).ToArray()).ToArray();
        var error = new ForecastError(horizons, outputs: 1);
        for (var tick = 0; tick < actual.Length; tick++)
        {
            error.Observe([actual[tick]]);
            error.Hold(forecasts[tick]);
        }
        for (var h = 0; h < horizons.Length; h++)
        {
            var ticks = Enumerable.Range(horizons[h], actual.Length - horizons[h]).ToList();
            var errors = ticks.Select(t => forecasts[t - horizons[h]][h] - actual[t]).ToList();
            var naive = ticks.Select(t => actual[t - horizons[h]] - actual[t]).ToList();
            Assert.Equal(errors.Average(e => e * e), error.Forecast[h].Mse, 1e-12);
            Assert.Equal(errors.Average(Math.Abs), error.Forecast[h].Mae, 1e-12);
            Assert.Equal(naive.Average(e => e * e), error.Persistence[h].Mse, 1e-12);
        }
    }

    [Fact]
    public void Add_AnotherStream_PoolsTheErrors()
    {
        var first = Single(forecast: 3, actual: 1);
        first.Add(Single(forecast: 5, actual: 1));
        Check(first.Forecast[0], count: 2, mse: (4 + 16) / 2.0, mae: 3);
        Assert.Throws<ArgumentException>(() => first.Add(new ForecastError([2], 1)));
    }

    [Fact]
    public void Observe_Warm_AllocatesNothing()
    {
        var error = new ForecastError([1, 8], outputs: 2);
        double[] actual = [1, 2], forecast = [1, 2, 3, 4];
        error.Observe(actual);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            error.Hold(forecast);
            error.Observe(actual);
        }
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Constructor_BadShapes_Throws()
    {
        Assert.ThrowsAny<ArgumentException>(() => new ForecastError([], 1));
        Assert.ThrowsAny<ArgumentException>(() => new ForecastError([0], 1));
        Assert.ThrowsAny<ArgumentException>(() => new ForecastError([1], 0));
        Assert.ThrowsAny<ArgumentException>(() => new ForecastError([1], 2, [1]));
        Assert.Throws<InvalidOperationException>(() => new ForecastError([1], 1).Hold([1]));
        Assert.ThrowsAny<ArgumentException>(() => new ForecastError([1], 1).Observe([1, 2]));
    }

    private static ForecastError Single(double forecast, double actual)
    {
        var error = new ForecastError([1], outputs: 1);
        error.Observe([0]);
        error.Hold([forecast]);
        error.Observe([actual]);
        return error;
    }

    private static void Check(ErrorSums sums, long count, double mse, double mae)
    {
        Assert.Equal(count, sums.Count);
        Assert.Equal(mse, sums.Mse, 1e-12);
        Assert.Equal(mae, sums.Mae, 1e-12);
        Assert.Equal(Math.Sqrt(mse), sums.Rmse, 1e-12);
    }
}
