using System.Globalization;
using Realtime.Cells;
using Realtime.Daemon;
using Realtime.Daemon.Backtesting;
using Realtime.Training.Evaluation;

namespace Realtime.Bench.Suite.Accuracy;

/// <summary>
/// The online protocol of FSNet and OneNet at horizon 1, the only one of theirs that is honest: all variables in and
/// out, scaled by mean and standard deviation of the training rows, the rest read once in order.
/// </summary>
internal static class OnlineProtocol
{
    private const int Season = 24;

    /// <summary>Train and validation rows are the first 25%, 75% are scored.</summary>
    public static void Weather(BenchContext context, RecordedData data)
    {
        Run(context, data, "wth-h1-mse", "wth/WTH.csv", train: 7012, test: (8766, 35064), static one => one.Model.Mse);
        Console.WriteLine("published: PatchTST online and FSNet 0.162, OneNet 0.156; DER++ 0.174, ER 0.180, "
            + "OnlineTCN 0.206");
    }

    public static void Transformer(BenchContext context, RecordedData data) =>
        Run(context, data, "ett-h1-over-rls", "ett/ETTh1.csv", train: 2880, test: (3600, 14400),
            static one => one.Model.Mse / one.Rls.Mse);

    private static void Run(
        BenchContext context, RecordedData data, string claim, string file, int train, (int From, int To) test,
        Func<HorizonScore, double> value)
    {
        Console.WriteLine($"# {file}, rows {test.From} to {test.To - 1}, scaled by the first {train}: MSE (MAE) over "
            + "all variables");
        context.Results.Attempt(claim);
        var path = context.PathOf(Path.GetFileNameWithoutExtension(file) + ".safetensors");
        var trained = Train(data.PathOf(file), test.From, path);
        var plan = new BacktestPlan { Season = Season, From = test.From, To = test.To };
        foreach (var (name, model) in new[] { ("built-in model", data.Default.Model), ("GRU(32), trained", trained) })
        {
            if (model is null)
                continue;
            var scores = data.Run(RecordedData.Loaded(model), data.Read(model, file, train), plan).Horizons
                .Where(static one => one.Horizon is 1 or 8);
            foreach (var score in scores)
                Print(name, score);
            if (model == trained)
                AccuracyTables.Claim(context, claim, value(scores.First()));
        }
    }

    private static void Print(string name, HorizonScore score)
    {
        Line($"H={score.Horizon} {name}", score.Model);
        Line("    persistence", score.Persistence);
        Line("    24-lag RLS, gate", score.Rls);
        Line("    seasonal naive", score.SeasonalNaive!);
    }

    private static void Line(string name, PointErrors errors) => Console.WriteLine(
        string.Create(CultureInfo.InvariantCulture, $"{name,-28} {errors.Mse:f4} ({errors.Mae:f4})"));

    // By the very command that users have, with what it does by itself.
    private static Model? Train(string data, int rows, string path)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        string[] command =
        [
            "train", "--data", data, "--rows", $"{rows}", "--cell", "gru", "--hidden", "32", "--horizons", "1",
            "--seed", "1", "--out", path,
        ];
        Console.WriteLine($"realtimed {string.Join(' ', command)}");
        var code = Daemon.Program
            .RunAsync(command, TextWriter.Synchronized(output), TextWriter.Synchronized(error)).Result;
        if (code == 0)
            return Model.Load(path);
        Console.WriteLine($"LEFT OUT: training ended with {code}: {error}");
        return null;
    }
}
