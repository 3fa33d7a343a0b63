using Realtime.Daemon.Backtesting;
using Realtime.Training.Evaluation;

namespace Realtime.Bench.Suite.Accuracy;

/// <summary>The built-in model, unconfigured, on NAB's real series, after 100 ticks.</summary>
internal static class NabSeries
{
    private const int Unscored = 100;

    public static void Run(BenchContext context, RecordedData data)
    {
        var series = data.ReadNab(data.NabFiles(RecordedData.IsReal));
        Console.WriteLine($"# Built-in model on the {series.Count} real NAB series here, scored after {Unscored} "
            + "ticks: ratio of MSE to persistence's by series");
        var result = data.Run(data.Default, series, new BacktestPlan { From = Unscored });
        foreach (var horizon in new[] { 1, 8 })
            Compare(context, result, horizon);
        Console.WriteLine();
        Console.WriteLine(FormattableString.Invariant(
            $"{"series",-42} {"H=1: model",11} {"RLS",7} {"H=8: model",11} {"RLS",7}"));
        foreach (var (one, score) in result.Series.Zip(result.Scores))
        {
            var table = ScoreTable.Of(score);
            Console.WriteLine(FormattableString.Invariant(
                $"{one.Name,-42} {Model(At(table, 1)),11:f3} {Rls(At(table, 1)),7:f3} ")
                + FormattableString.Invariant($"{Model(At(table, 8)),11:f3} {Rls(At(table, 8)),7:f3}"));
        }
    }

    private static void Compare(BenchContext context, BacktestResult result, int horizon)
    {
        HorizonScore[] scores = [.. result.Scores.Select(score => At(ScoreTable.Of(score), horizon))];
        var (model, rls) = (Ratios.Of(scores.Select(Model)), Ratios.Of(scores.Select(Rls)));
        var over = Ratios.Of(scores.Select(static one => one.Model.Mse / one.Rls.Mse));
        Console.WriteLine($"H={horizon}  model            {model}");
        Console.WriteLine($"H={horizon}  24-lag RLS, gate {rls}");
        Console.WriteLine($"H={horizon}  model over RLS   {over}");
        AccuracyTables.Claim(context, $"nab-h{horizon}-better", 100.0 * model.Better / model.Count);
        AccuracyTables.Claim(context, $"nab-h{horizon}-median", model.Median);
        if (horizon != 1)
            return;
        AccuracyTables.Claim(context, "nab-h1-worst", model.Worst);
        AccuracyTables.Claim(context, "nab-h1-over-rls", model.GeometricMean / rls.GeometricMean);
    }

    private static HorizonScore At(IReadOnlyList<HorizonScore> scores, int horizon) =>
        scores.First(one => one.Horizon == horizon);

    private static double Model(HorizonScore score) => score.Model.Mse / score.Persistence.Mse;

    private static double Rls(HorizonScore score) => score.Rls.Mse / score.Persistence.Mse;
}
