using System.Text.Json;
using Realtime.Daemon.Backtesting;
using Realtime.Training;
using Realtime.Training.Evaluation;

namespace Realtime.Bench.Suite.Accuracy;

/// <summary>The NAB score of the built-in model on the files here, beside scores of the same kind with no model.
/// </summary>
internal static class NabScores
{
    private static readonly string[] Profiles = ["standard", "reward_low_FP_rate", "reward_low_FN_rate"];

    public static void Run(BenchContext context, RecordedData data)
    {
        var labels = Labels(data);
        string[] files = [.. data.NabFiles(static _ => true).Where(labels.ContainsKey)];
        Console.WriteLine($"# NAB score on the {files.Length} files here, {labels.Values.Sum(static one => one.Count)} "
            + "windows, one threshold over all files: standard / low FP / low FN");
        var series = data.ReadNab(files);
        var scored = Score(data, series);
        var windows = series.Select((one, i) => Rows(one, labels[files[i]])).ToList();
        var profiles = ReadProfiles(data);
        var standard = Print("built-in model's score", scored.Published, windows, profiles);
        Print("its residual, reference score", scored.Residual, windows, profiles);
        Print("control: |Δx|, reference score", scored.Control, windows, profiles);
        Print("nothing", [.. series.Select(static one => new double[one.Rows])], windows, profiles);
        if (standard is { } score)
            AccuracyTables.Claim(context, "nab-standard", score);
        else
            context.Results.Attempt("nab-standard");
    }

    private static double? Print(
        string name, double[][] scores, List<List<(int First, int Last)>> windows, List<NabProfile> profiles)
    {
        if (scores.All(static one => one.All(static score => double.IsNaN(score))))
        {
            Console.WriteLine($"{name,-32} LEFT OUT: the model publishes none");
            return null;
        }

        NabFile[] files = [.. scores.Select((one, i) =>
            new NabFile([.. one.Select(static score => double.IsNaN(score) ? 0 : score)], windows[i]))];
        var results = profiles.Select(profile => NabScorer.Best(files, profile)).ToList();
        var text = string.Join(" / ", results.Select(static one => FormattableString.Invariant($"{one.Score:f2}")));
        Console.WriteLine(FormattableString.Invariant($"{name,-32} {text}   threshold {results[0].Threshold:f3}"));
        return results[0].Score;
    }

    // Three scores of every row: the published one, and the reference's of the model's residual and of the change.
    private static (double[][] Published, double[][] Residual, double[][] Control) Score(
        RecordedData data, IReadOnlyList<BacktestSeries> series)
    {
        double[][] Empty() => [.. series.Select(static one => new double[one.Rows])];
        var (published, residual, control) = (Empty(), Empty(), Empty());
        var references = series.Select(static _ => (Residual: new ReferenceScore(), Control: new ReferenceScore()))
            .ToArray();
        var forecasts = new double[series.Count];
        data.Run(data.Default, series, new BacktestPlan(), null, (i, row, prediction) =>
        {
            var value = series[i].Values[row];
            published[i][row] = prediction.Score;
            residual[i][row] = references[i].Residual.Next(value, row == 0 ? 0 : value - forecasts[i]);
            control[i][row] = references[i].Control.Next(value, row == 0 ? 0 : value - series[i].Values[row - 1]);
            forecasts[i] = prediction.Numbers[0];
        });
        return (published, residual, control);
    }

    private static List<(int First, int Last)> Rows(BacktestSeries series, IReadOnlyList<(long First, long Last)> spans)
    {
        var rows = new List<(int, int)>();
        foreach (var (first, last) in spans)
        {
            var begin = series.Times.FindIndex(time => time >= first);
            var end = series.Times.FindLastIndex(time => time <= last);
            rows.Add((begin, end));
        }

        return rows;
    }

    private static Dictionary<string, IReadOnlyList<(long First, long Last)>> Labels(RecordedData data)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(data.Nab, "combined_windows.json")));
        return document.RootElement.EnumerateObject().ToDictionary(
            static file => file.Name,
            static file => (IReadOnlyList<(long, long)>)[.. file.Value.EnumerateArray().Select(static window =>
                (TimeOf(window[0]), TimeOf(window[1])))]);
    }

    private static long TimeOf(JsonElement text) => TimeText.TryParse(text.GetString(), out var time) ? time
        : throw new InvalidDataException($"found {text}, expected the time of a window's edge");

    private static List<NabProfile> ReadProfiles(RecordedData data)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(data.Nab, "profiles.json")));
        return [.. Profiles.Select(name =>
        {
            var costs = document.RootElement.GetProperty(name).GetProperty("CostMatrix");
            return new NabProfile(name, costs.GetProperty("tpWeight").GetDouble(),
                costs.GetProperty("fpWeight").GetDouble(), costs.GetProperty("fnWeight").GetDouble());
        })];
    }
}
