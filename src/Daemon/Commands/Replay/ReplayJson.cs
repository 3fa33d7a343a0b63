using System.Text.Json;
using Realtime.Daemon.Recovery;

namespace Realtime.Daemon.Commands;

/// <summary>What a replay found, as a JSON object.</summary>
internal static class ReplayJson
{
    public static void Write(TextWriter output, string directory, ReplayReport report, bool verify) =>
        JsonText.Write(output, json =>
        {
            json.WriteString("directory", directory);
            json.WriteString("engine", report.Engine);
            json.WriteNumber("first", report.First);
            json.WriteNumber("last", report.Last);
            json.WriteNumber("records", report.Records);
            json.WriteNumber("ticks", report.Ticks);
            json.WriteNumber("recordsBefore", report.RecordsBefore);
            json.WriteNumber("ticksBefore", report.TicksBefore);
            json.WriteNumber("seconds", report.Seconds);
            json.WriteNumber("ticksPerSecond", report.TicksPerSecond);
            json.WriteNumber("streams", report.Streams);
            json.WriteString("predictions", report.Predictions);
            json.WriteString("states", report.States);
            Write(json, "notices", report.Notices);
            Write(json, "unlike", report.Unlike);
            json.WriteNumber("differentRecords", report.DifferentRecords);
            json.WriteNumber("recordedPredictions", report.RecordedPredictions);
            json.WriteNumber("differentPredictions", report.DifferentPredictions);
            Write(json, "fromRecorded", report.FromRecorded);
            Write(json, report.Differences);
            if (verify)
            {
                var reason = ReplayText.WhyNotVerified(report);
                json.WriteBoolean("verified", reason is null);
                json.WriteString("reason", reason);
            }

            if (report.Comparison is { } comparison)
                Write(json, comparison);
        });

    private static void Write(Utf8JsonWriter json, IReadOnlyList<ReplayDifference> differences)
    {
        json.WriteStartArray("differences");
        foreach (var one in differences)
        {
            json.WriteStartObject();
            json.WriteNumber("record", one.Record);
            if (one.Stream is not null)
                json.WriteString("stream", one.Stream);
            if (one.Seq is { } seq)
                json.WriteNumber("seq", seq);
            json.WriteString("what", one.What);
            json.WriteString("recorded", one.Recorded);
            json.WriteString("replayed", one.Replayed);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, ReplayComparison comparison)
    {
        json.WriteStartObject("comparison");
        Write(json, "reasons", comparison.Reasons);
        Write(json, "difference", comparison.Between);
        json.WriteNumber("notCompared", comparison.NotCompared);
        Write(json, comparison.Recorded, comparison.Other);
        json.WriteStartArray("streams");
        foreach (var one in comparison.Streams)
        {
            json.WriteStartObject();
            json.WriteString("stream", one.Stream);
            Write(json, one.Recorded, one.Other);
            Write(json, "difference", one.Between);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, in MeanErrors recorded, in MeanErrors other)
    {
        json.WriteNumber("scored", recorded.Scored);
        Write(json, "mae", recorded.AbsoluteError);
        Write(json, "otherMae", other.AbsoluteError);
        Write(json, "persistenceMae", recorded.PersistenceAbsoluteError);
    }

    private static void Write(Utf8JsonWriter json, string name, in Deviation deviation)
    {
        json.WriteStartObject(name);
        json.WriteNumber("numbers", deviation.Numbers);
        json.WriteNumber("unlike", deviation.Unlike);
        json.WriteNumber("maxAbsolute", deviation.MaxAbsolute);
        json.WriteNumber("maxRelative", deviation.MaxRelative);
        json.WriteNumber("meanAbsolute", deviation.MeanAbsolute);
        json.WriteEndObject();
    }

    // JSON has no NaN.
    private static void Write(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
            json.WriteNumber(name, value);
        else
            json.WriteNull(name);
    }

    private static void Write(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
            json.WriteStringValue(text);
        json.WriteEndArray();
    }
}
