using System.Globalization;
using Realtime.Daemon.Backtesting;
using Realtime.Training.Evaluation;

namespace Realtime.Daemon.Commands;

/// <summary>A backtest in tables.</summary>
internal static class BacktestText
{
    private const int StreamsShown = 25;
    private const int LongestName = 40;
    private static readonly string[] Flags = ["warming", "imputed", "late", "frozen", "fallback"];

    public static void Write(TextWriter output, BacktestTitle title, BacktestResult result)
    {
        Row(output, title.Row, $"{title.ModelText}, {BacktestTitle.EngineText(result)}");
        Row(output, "data", $"{ShortText.Count(result.Series.Count)} streams, {ShortText.Count(result.Ticks)} ticks; "
            + $"scored: {title.RowsText}; {title.Units}");
        Row(output, "loop", $"{ShortText.Count(result.NanosecondsPerStep)} ns a step, all stages; "
            + $"{ShortText.Count(result.BytesPerStream)} bytes a stream");
        var flagged = Flags.Zip(result.Flagged).Where(static flag => flag.Second != 0)
            .Select(flag => $"{flag.First} {Percent((double)flag.Second / result.Ticks)}");
        Row(output, "flags", string.Join(", ", flagged) is { Length: > 0 } text ? text : ShortText.Nothing);
        output.WriteLine();
        WriteHorizons(output, "horizon", title, result.Horizons,
            [.. result.Members.Select(static member => (member.Name, member.Result.Horizons))]);
        WriteIntervals(output, result.Horizons);
        if (result.RolledOut.Count > 0)
        {
            output.WriteLine();
            output.WriteLine(title.RollOutText);
            WriteHorizons(output, "step", title, result.Steps,
                [.. result.Members.Select(static member => (member.Name, member.Result.Steps))]);
        }

        if (result.Series.Count > 1)
            WriteStreams(output, result);
    }

    private static void WriteHorizons(
        TextWriter output, string what, BacktestTitle title, IReadOnlyList<HorizonScore> horizons,
        IReadOnlyList<(string Name, IReadOnlyList<HorizonScore> Horizons)> members)
    {
        var table = new TextTable(
            $">{what}", "", ">forecasts", ">MSE", ">MAE", ">RMSE", ">MASE", ">sMAPE %", ">MSE / persistence");
        foreach (var (h, score) in horizons.Index())
        {
            Add(table, $"{score.Horizon}", title.Row, score.Model, score.Persistence);
            foreach (var (name, scores) in members)
                Add(table, "", ShortText.Cut(name, LongestName), scores[h].Model, score.Persistence);
            // What is never known at the time has no simple forecasts.
            if (score.Persistence.Count == 0)
                continue;
            Add(table, "", "persistence", score.Persistence, score.Persistence);
            Add(table, "", "online RLS", score.Rls, score.Persistence);
            if (score.SeasonalNaive is { } seasonal)
                Add(table, "", "seasonal naive", seasonal, score.Persistence);
        }

        table.WriteTo(output);
    }

    private static void Add(TextTable table, string horizon, string name, PointErrors errors, PointErrors persistence)
        => table.Add(
            horizon, name, ShortText.Count(errors.Count), Number(errors.Mse), Number(errors.Mae), Number(errors.Rmse),
            Number(errors.Mase), Number(errors.Smape), Ratio(errors.Mse / persistence.Mse));

    private static void WriteIntervals(TextWriter output, IReadOnlyList<HorizonScore> horizons)
    {
        if (horizons[0].Quantiles.Count == 0)
            return;
        output.WriteLine();
        var table = new TextTable(">horizon", ">pinball", ">interval", ">coverage", ">mean width", ">unbounded");
        foreach (var score in horizons)
        {
            table.Add($"{score.Horizon}", Number(score.Pinball), "", "", "", "");
            foreach (var interval in score.Intervals)
            {
                table.Add(
                    "", "", Percent(interval.Level), Percent(interval.Coverage), Number(interval.Width),
                    Percent(interval.Unbounded));
            }
        }

        table.WriteTo(output);
    }

    // The ratio of the first horizon; the worst stream first.
    private static void WriteStreams(TextWriter output, BacktestResult result)
    {
        var streams = result.Series
            .Select((series, i) => (series.Name, series.Rows, Score: ScoreTable.Of(result.Scores[i])))
            .OrderByDescending(static one => RatioOf(one.Score[0]) is var ratio && double.IsNaN(ratio) ? 0 : ratio)
            .ThenByDescending(static one => one.Score[0].Model.Mse).ToArray();
        output.WriteLine();
        foreach (var h in Enumerable.Range(0, result.Horizons.Count))
        {
            var ratios = Ratios.Of(streams.Select(one => RatioOf(one.Score[h])));
            if (ratios.Count == 0)
                continue;
            Row(output, $"horizon {result.Horizons[h].Horizon}", $"MSE / persistence by stream: {ratios}");
        }

        output.WriteLine();
        var first = result.Horizons[0].Horizon;
        var table = new TextTable("stream", ">ticks", $">MSE, horizon {first}", ">MAE", ">MASE", ">persistence MSE",
            ">RLS MSE", ">model / persistence");
        foreach (var (name, rows, scores) in streams.Take(StreamsShown))
        {
            var score = scores[0];
            table.Add(
                ShortText.Cut(name, LongestName), ShortText.Count(rows), Number(score.Model.Mse),
                Number(score.Model.Mae), Number(score.Model.Mase), Number(score.Persistence.Mse),
                Number(score.Rls.Mse), Ratio(RatioOf(score)));
        }

        table.WriteTo(output);
        if (streams.Length > StreamsShown)
            output.WriteLine($"and {streams.Length - StreamsShown} more streams, where it does better; --json has all");
    }

    private static double RatioOf(HorizonScore score) => score.Model.Mse / score.Persistence.Mse;

    private static string Number(double value) => ShortText.Number(value);

    private static string Ratio(double value) => double.IsFinite(value)
        ? value.ToString("0.000", CultureInfo.InvariantCulture) : ShortText.Nothing;

    private static string Percent(double share) => double.IsFinite(share)
        ? (100 * share).ToString("0.##", CultureInfo.InvariantCulture) + "%" : ShortText.Nothing;

    private static void Row(TextWriter output, string name, string text) => output.WriteLine($"{name,-11} {text}");
}
