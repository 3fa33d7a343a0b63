using Realtime.Training.Baselines;

namespace Realtime.Training.Tests.Evaluation;

public sealed class BaselineTests
{
    [Fact]
    public void SeasonalNaive_TakesTheNewestValueOfTheSamePlace()
    {
        var naive = new SeasonalNaive([1, 2, 5], 4);
        double[] values = [1, 2, 3, 4, 5, 6];
        double[][] expected =
        [
            [1, 1, 1],
            [2, 2, 2],
            [3, 1, 3],
            // Rows 4, 5 and 8: one season back are rows 0 and 1, two back row 0. Of row 7 none is known before.
            [1, 2, 1],
            [2, 3, 2],
            [3, 4, 3],
        ];
        for (var i = 0; i < values.Length; i++)
            Assert.Equal(expected[i], Ask(naive, values[i], 3));
    }

    [Fact]
    public void SeasonalNaive_HorizonsWithinTheirSeason_WhereOneIsMissingTakesTheLast()
    {
        var naive = new SeasonalNaive([1], 2);
        Ask(naive, 7, 1);
        Ask(naive, double.NaN, 1);
        Assert.Equal([8], Ask(naive, 8, 1));
        Assert.Equal([8], Ask(naive, 9, 1));
    }

    [Fact]
    public void Persistence_IsTheLastValueSeen()
    {
        var persistence = new Persistence([1, 3]);
        Assert.All(Ask(persistence, double.NaN, 2), static value => Assert.True(double.IsNaN(value)));
        Assert.Equal([4, 4], Ask(persistence, 4, 2));
        Assert.Equal([4, 4], Ask(persistence, double.NaN, 2));
    }

    [Fact]
    public void OnlineLinear_LearnsAnAutoregression_NearlyToItsNoise()
    {
        var random = new Random(3);
        var linear = new OnlineLinear([1]);
        double[] x = [0, 0];
        double forecast = 0, squares = 0, persistence = 0;
        const int ticks = 6000, from = 2000;
        for (var t = 0; t < ticks; t++)
        {
            var next = 1.6 * x[1] - 0.8 * x[0] + Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()))
                * Math.Cos(2 * Math.PI * random.NextDouble());
            if (t >= from)
            {
                squares += (next - forecast) * (next - forecast);
                persistence += (next - x[1]) * (next - x[1]);
            }

            x = [x[1], next];
            forecast = Ask(linear, next, 1)[0];
        }

        // The noise has variance 1.
        Assert.InRange(squares / (ticks - from), 0.9, 1.06);
        Assert.True(persistence / (ticks - from) > 2);
    }

    [Fact]
    public void OnlineLinear_OnARandomWalk_IsPersistence()
    {
        double squares = 0, persistence = 0;
        for (var seed = 0; seed < 10; seed++)
        {
            var random = new Random(seed);
            var linear = new OnlineLinear([1]);
            double x = 0, forecast = 0;
            for (var t = 0; t < 3000; t++)
            {
                var next = x + random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5;
                squares += (next - forecast) * (next - forecast);
                persistence += (next - x) * (next - x);
                x = next;
                forecast = Ask(linear, next, 1)[0];
            }
        }

        Assert.InRange(squares / persistence, 0.99, 1.01);
    }

    [Fact]
    public void OnlineLinear_KnowsNothingOfWhatHasNotCome()
    {
        // Two series that part at row 400 have the same forecasts before it, for the longest horizon too.
        var random = new Random(5);
        double[] values = [.. Enumerable.Range(0, 800).Select(_ => random.NextDouble())];
        var (one, other) = (new OnlineLinear([1, 60]), new OnlineLinear([1, 60]));
        for (var t = 0; t < values.Length; t++)
        {
            var (a, b) = (Ask(one, values[t], 2), Ask(other, t < 400 ? values[t] : -3 * values[t], 2));
            if (t < 400)
                Assert.Equal(a, b);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1e12)]
    public void OnlineLinear_OnStillstandAndHugeSpikes_IsFinite(double level)
    {
        var linear = new OnlineLinear([1, 8]);
        for (var t = 0; t < 100_000; t++)
        {
            foreach (var value in Ask(linear, t % 20_000 == 19_999 ? 1e100 : level, 2))
                Assert.True(double.IsFinite(value));
        }
    }

    [Fact]
    public void OnlineLinear_AfterALongStillstandWithSpikes_Learns()
    {
        var linear = new OnlineLinear([1]);
        for (var t = 0; t < 100_000; t++)
            Ask(linear, t % 20_000 == 19_999 ? 1000 : 0, 1);
        double error = 0, persistence = 0, last = 0, expected = 0;
        for (var t = 0; t < 6000; t++)
        {
            var value = Math.Sin(t * 0.3);
            if (t > 5000)
            {
                error += Math.Abs(value - expected);
                persistence += Math.Abs(value - last);
            }

            last = value;
            expected = Ask(linear, value, 1)[0];
        }

        Assert.True(error < 0.1 * persistence, $"{error} beside {persistence}");
    }

    private static double[] Ask(Baseline baseline, double value, int horizons)
    {
        var forecast = new double[horizons];
        baseline.Step(value, forecast);
        return forecast;
    }
}
