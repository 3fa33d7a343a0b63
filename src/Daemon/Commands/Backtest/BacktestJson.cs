using System.Globalization;
using System.Text.Json;
using Realtime.Daemon.Backtesting;
using Realtime.Training.Evaluation;

namespace Realtime.Daemon.Commands;

/// <summary>A backtest as a document; what is not defined is left null.</summary>
internal static class BacktestJson
{
    private static readonly string[] Flags = ["warming", "imputed", "late", "frozen", "fallback"];

    public static void Write(Utf8JsonWriter json, BacktestTitle title, BacktestResult result)
    {
        json.WriteString("model", title.Models.IsEnsemble ? title.Row : title.Model.Model.Name);
        json.WriteString("digest", title.Models.IsEnsemble ? null : title.Model.Model.Digest);
        json.WriteString("engine", result.Engine);
        json.WriteString("kernel", result.Kernel);
        json.WriteNumber("streams", result.Series.Count);
        json.WriteNumber("ticks", result.Ticks);
        Write(json, "nsPerStep", result.NanosecondsPerStep);
        json.WriteNumber("bytesPerStream", result.BytesPerStream);
        if (title.ScaleRows is { } rows)
            json.WriteNumber("scaleRows", rows);
        json.WriteNumber("testFrom", title.Plan.From);
        if (title.Plan.To != int.MaxValue)
            json.WriteNumber("testTo", title.Plan.To);
        if (title.Plan.Season is { } season)
            json.WriteNumber("season", season);
        json.WriteStartObject("flags");
        for (var i = 0; i < Flags.Length; i++)
            json.WriteNumber(Flags[i], result.Flagged[i]);
        json.WriteEndObject();
        Write(json, "horizons", result.Horizons);
        if (result.RolledOut.Count > 0)
            Write(json, "rollOut", result.Steps);
        if (title.Models.IsEnsemble)
            WriteMembers(json, result);
        json.WriteStartArray("perStream");
        for (var i = 0; i < result.Series.Count; i++)
        {
            json.WriteStartObject();
            json.WriteString("stream", result.Series[i].Name);
            json.WriteNumber("ticks", result.Series[i].Rows);
            Write(json, "horizons", ScoreTable.Of(result.Scores[i]));
            if (result.RolledOut.Count > 0)
                Write(json, "rollOut", ScoreTable.Of(result.RolledOut[i]));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteMembers(Utf8JsonWriter json, BacktestResult result)
    {
        json.WriteStartArray("members");
        foreach (var (model, one) in result.Members)
        {
            json.WriteStartObject();
            json.WriteString("model", model.Model.Name);
            json.WriteString("file", model.Options.File);
            json.WriteString("digest", model.Model.Digest);
            Write(json, "nsPerStep", one.NanosecondsPerStep);
            Write(json, "horizons", one.Horizons);
            if (one.RolledOut.Count > 0)
                Write(json, "rollOut", one.Steps);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, string name, IReadOnlyList<HorizonScore> horizons)
    {
        json.WriteStartArray(name);
        foreach (var score in horizons)
        {
            json.WriteStartObject();
            json.WriteNumber("horizon", score.Horizon);
            json.WriteNumber("count", score.Model.Count);
            Write(json, score.Model);
            if (score.Quantiles.Count != 0)
                WriteQuantiles(json, score);
            Write(json, "persistence", score.Persistence);
            Write(json, "rls", score.Rls);
            if (score.SeasonalNaive is { } seasonal)
                Write(json, "seasonalNaive", seasonal);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteQuantiles(Utf8JsonWriter json, HorizonScore score)
    {
        Write(json, "pinball", score.Pinball);
        Write(json, "coverage", score.Intervals, static one => (one.Level, one.Coverage));
        Write(json, "width", score.Intervals, static one => (one.Level, one.Width));
        Write(json, "unbounded", score.Intervals, static one => (one.Level, one.Unbounded));
        Write(json, "below", score.Quantiles, static one => (one.Level, one.Below));
        Write(json, "pinballs", score.Quantiles, static one => (one.Level, one.Pinball));
    }

    private static void Write<T>(
        Utf8JsonWriter json, string name, IEnumerable<T> scores, Func<T, (double Level, double Value)> entry)
    {
        json.WriteStartObject(name);
        foreach (var (level, value) in scores.Select(entry))
            Write(json, level.ToString("R", CultureInfo.InvariantCulture), value);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, PointErrors errors)
    {
        json.WriteStartObject(name);
        Write(json, errors);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, PointErrors errors)
    {
        Write(json, "mse", errors.Mse);
        Write(json, "mae", errors.Mae);
        Write(json, "rmse", errors.Rmse);
        Write(json, "mase", errors.Mase);
        Write(json, "smape", errors.Smape);
    }

    // JSON has no NaN.
    private static void Write(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
            json.WriteNumber(name, value);
        else
            json.WriteNull(name);
    }
}
