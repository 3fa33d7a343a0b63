using Realtime.Daemon.Backtesting;
using Realtime.Cells;
using Realtime.Daemon.Hosting;
using Realtime.Training.Evaluation;

namespace Realtime.Bench.Suite.Accuracy;

/// <summary>
/// Where nothing can be forecast, a forecast must not be worse than persistence: random walks with normal and with
/// heavy-tailed steps (Student's t with 3 degrees of freedom).
/// </summary>
internal static class RandomWalks
{
    private const int Walks = 30;
    private const int Ticks = 5000;
    private const int Unscored = 100;

    public static void Run(BenchContext context)
    {
        Console.WriteLine();
        Console.WriteLine($"# Built-in model on {Walks} random walks of {Ticks} ticks, scored after {Unscored}: ratio "
            + "of MSE to persistence's, mean over walks (worst)");
        Run(context, "normal", Normal);
        Run(context, "t3", static random => Normal(random) / Math.Sqrt(
            (Square(Normal(random)) + Square(Normal(random)) + Square(Normal(random))) / 3));
    }

    private static double Square(double value) => value * value;

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()))
        * Math.Cos(2 * Math.PI * random.NextDouble());

    private static void Run(BenchContext context, string name, Func<Random, double> step)
    {
        var series = Enumerable.Range(1, Walks).Select(seed => Walk(new Random(seed), step)).ToList();
        var model = RecordedData.Loaded(ModelLoading.ReadBuiltIn());
        var result = BacktestRun.Run(
            model, Cells.Kernels.Resolve(Cells.Kernels.Auto), series, new BacktestPlan { From = Unscored });
        foreach (var h in Enumerable.Range(0, model.Model.Forecast.Horizons.Length))
        {
            double[] ratios = [.. result.Scores.Select(one => ScoreTable.Of(one)[h])
                .Select(static one => one.Model.Mse / one.Persistence.Mse)];
            double[] rls = [.. result.Scores.Select(one => ScoreTable.Of(one)[h])
                .Select(static one => one.Rls.Mse / one.Persistence.Mse)];
            var horizon = model.Model.Forecast.Horizons[h];
            if (horizon is 1 or 8)
            {
                Console.WriteLine(FormattableString.Invariant(
                    $"{name,-8} H={horizon}  model {ratios.Average():f4} ({ratios.Max():f4})   ")
                    + FormattableString.Invariant($"24-lag RLS {rls.Average():f4} ({rls.Max():f4})"));
            }

            if (horizon == 1)
                AccuracyTables.Claim(context, $"random-walk-{name}", ratios.Average());
        }
    }

    private static BacktestSeries Walk(Random random, Func<Random, double> step)
    {
        var series = new BacktestSeries("walk", 1, 1);
        var value = 0.0;
        for (var row = 0; row < Ticks; row++)
        {
            value += step(random);
            series.Values.Add(value);
            series.Actual.Add(value);
            series.FileRows.Add(row);
        }

        return series;
    }
}
