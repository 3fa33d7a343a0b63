using Realtime.Daemon.Backtesting;
using Realtime.Training.Evaluation;

namespace Realtime.Bench.Suite.Accuracy;

/// <summary>
/// Coverage of the built-in model's intervals, cumulative from the first tick, on real series of 4,000 ticks or more.
/// </summary>
internal static class Coverage
{
    private const int Shortest = 4000;

    // A series that often stands still cannot be covered by exactly a share of less than that.
    private const double Still = 0.2;

    // Of the conformal update: the proven bound is (max(α, 1 − α) + γ) / (γ T).
    private const double Gamma = 0.005;

    public static void Run(BenchContext context, RecordedData data)
    {
        Console.WriteLine($"# Coverage of the built-in model's intervals from the first tick on, series of {Shortest} "
            + "ticks or more");
        if (data.Default.Model.PublishedQuantiles.Count == 0)
        {
            context.Results.Attempt("coverage-off");
            Console.WriteLine("LEFT OUT: the built-in model publishes no intervals");
            return;
        }

        var series = data.ReadNab(data.NabFiles(RecordedData.IsReal)).Where(static one => one.Rows >= Shortest)
            .Concat(Columns(data, "wth/WTH.csv")).Concat(Columns(data, "ett/ETTh1.csv")).ToList();
        var result = data.Run(data.Default, series, new BacktestPlan());
        var horizons = result.Horizons;
        Console.WriteLine($"{"series",-42} {"unchanged",9}{string.Concat(Named(horizons))}");
        var (worst, within, all) = (0.0, 0, 0);
        for (var i = 0; i < series.Count; i++)
        {
            var still = Unchanged(series[i]);
            var line = FormattableString.Invariant($"{series[i].Name,-42} {100 * still,8:f1}%");
            foreach (var score in Shown(ScoreTable.Of(result.Scores[i])))
            {
                foreach (var interval in score.Intervals)
                {
                    var off = interval.Coverage - interval.Level;
                    worst = Math.Max(worst, still > Still ? -off : Math.Abs(off));
                    all++;
                    within += Math.Abs(off) <= (Math.Max(interval.Level, 1 - interval.Level) + Gamma)
                        / (Gamma * score.Model.Count) ? 1 : 0;
                    line += FormattableString.Invariant($"{100 * interval.Coverage,11:f2}%");
                }
            }

            Console.WriteLine(line);
        }

        Console.WriteLine(FormattableString.Invariant(
            $"furthest off {100 * worst:f2} points (only below counts where more than {100 * Still}% of steps are ")
            + FormattableString.Invariant($"unchanged); within the proven bound {within} of {all}"));
        AccuracyTables.Claim(context, "coverage-off", 100 * worst);
    }

    private static IEnumerable<BacktestSeries> Columns(RecordedData data, string file) =>
        File.Exists(data.PathOf(file)) ? data.Read(data.Default.Model, file) : [];

    private static IEnumerable<HorizonScore> Shown(IReadOnlyList<HorizonScore> scores) =>
        scores.Where(static one => one.Horizon is 1 or 8);

    private static IEnumerable<string> Named(IReadOnlyList<HorizonScore> scores) =>
        from score in Shown(scores)
        from interval in score.Intervals
        select FormattableString.Invariant($"{$"H={score.Horizon} {100 * interval.Level:f0}%",12}");

    private static double Unchanged(BacktestSeries series)
    {
        var still = 0;
        for (var row = 1; row < series.Rows; row++)
            still += series.Values[row].Equals(series.Values[row - 1]) ? 1 : 0;
        return (double)still / (series.Rows - 1);
    }
}
