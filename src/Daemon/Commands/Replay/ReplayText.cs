using System.Globalization;
using Realtime.Daemon.Recovery;

namespace Realtime.Daemon.Commands;

/// <summary>What a replay found, in lines.</summary>
internal static class ReplayText
{
    private const int WorstStreams = 20;
    private const int LongestName = 40;

    /// <summary>Why <c>--verify</c> fails; null where every bit is as recorded.</summary>
    public static string? WhyNotVerified(ReplayReport report)
    {
        if (report.Unlike.Count != 0 || report.Comparison is not null)
        {
            return "this is a comparison, and --verify asks for the recorded bits, which only the recorded models and "
                + $"kernel promise: {string.Join("; ", Reasons(report))}";
        }

        return report.IsVerified ? null
            : $"{report.DifferentRecords} of {report.Records} records and {report.DifferentPredictions} of "
                + $"{report.RecordedPredictions} recorded predictions came out with other bits";
    }

    public static void Write(TextWriter output, string directory, ReplayReport report, bool verify)
    {
        Row(output, "replayed", $"{directory}, {Range(report)}, on {report.Engine}");
        foreach (var notice in report.Notices)
            Row(output, "note", notice);
        Row(output, "records", ShortText.Count(report.Records) + Before(report.RecordsBefore));
        Row(output, "ticks", ShortText.Count(report.Ticks) + Before(report.TicksBefore)
            + $"; {ShortText.Rate(report.TicksPerSecond)} ticks/s, {ShortText.Duration(report.Seconds * 1e9)}");
        Row(output, "streams", ShortText.Count(report.Streams));
        Row(output, "predictions", $"sha256 {report.Predictions}");
        Row(output, "states", $"sha256 {report.States}");
        if (report.Comparison is { } comparison)
            Write(output, comparison);
        if (verify || !report.IsVerified)
            WriteVerdict(output, report, verify);
    }

    internal static IEnumerable<string> Reasons(ReplayReport report) =>
        report.Unlike.Concat(report.Comparison?.Reasons ?? []).Distinct();

    private static string Range(ReplayReport report) => report.Records == 0
        ? "no records" : $"records {report.First} to {report.Last}";

    private static string Before(long count) => count == 0 ? "" : $", and {ShortText.Count(count)} on the way to them";

    private static void WriteVerdict(TextWriter output, ReplayReport report, bool verify)
    {
        foreach (var reason in report.Unlike)
            Row(output, "comparison", reason);
        foreach (var difference in report.Differences)
            Row(output, "different", Text(difference));
        if (report.DifferentRecords + report.DifferentPredictions != 0)
            WriteDeviation(output, report);
        if (!verify)
            return;
        Row(output, "verify", WhyNotVerified(report) is { } why ? $"NOT verified: {why}"
            : $"every bit is as recorded: {report.Records} records, {report.RecordedPredictions} recorded predictions");
    }

    private static void WriteDeviation(TextWriter output, ReplayReport report)
    {
        Row(output, "different", $"{report.DifferentRecords} of {report.Records} records by their checksums, "
            + $"{report.DifferentPredictions} of {report.RecordedPredictions} recorded predictions");
        if (report.RecordedPredictions != 0)
            Row(output, "recorded", $"predictions differ from those recorded by {Text(report.FromRecorded)}");
    }

    private static string Text(ReplayDifference difference) => $"record {difference.Record}"
        + (difference.Stream is { } stream ? $", stream {stream}" : "")
        + (difference.Seq is { } seq ? $", seq {seq}" : "")
        + $", {difference.What}: recorded {difference.Recorded}, replayed {difference.Replayed}";

    private static void Write(TextWriter output, ReplayComparison comparison)
    {
        foreach (var reason in comparison.Reasons)
            Row(output, "comparison", reason);
        Row(output, "difference", $"predictions differ by {Text(comparison.Between)}");
        if (comparison.NotCompared != 0)
            Row(output, "difference", $"{comparison.NotCompared} predictions have another layout, not compared");
        if (!comparison.HasModels)
            return;
        Row(output, "MAE", $"of the next value, over {ShortText.Count(comparison.Recorded.Scored)} forecasts: "
            + $"recorded {Number(comparison.Recorded.AbsoluteError)}, other {Number(comparison.Other.AbsoluteError)}, "
            + $"persistence {Number(comparison.Recorded.PersistenceAbsoluteError)}");
        var better = comparison.Streams.Count(static one => one.Ratio < 1);
        var worse = comparison.Streams.Count(static one => one.Ratio > 1);
        Row(output, "MAE", $"the other is better on {better} streams, worse on {worse}");
        output.WriteLine();
        var table = new TextTable("stream", ">forecasts", ">recorded", ">other", ">persist.", ">ratio", ">max diff.",
            ">mean diff.");
        foreach (var one in comparison.Streams.Take(WorstStreams))
        {
            table.Add(
                ShortText.Cut(one.Stream, LongestName), ShortText.Count(one.Recorded.Scored),
                Number(one.Recorded.AbsoluteError), Number(one.Other.AbsoluteError),
                Number(one.Recorded.PersistenceAbsoluteError), Number(one.Ratio), Number(one.Between.MaxAbsolute),
                Number(one.Between.MeanAbsolute));
        }

        table.WriteTo(output);
        if (comparison.Streams.Count > WorstStreams)
            output.WriteLine($"and {comparison.Streams.Count - WorstStreams} more streams, where it does better");
        output.WriteLine();
    }

    private static string Text(in Deviation deviation) =>
        $"at most {deviation.MaxAbsolute.ToString("0.###e+0", CultureInfo.InvariantCulture)}, "
        + $"relative {deviation.MaxRelative.ToString("0.###e+0", CultureInfo.InvariantCulture)}, "
        + $"on average {deviation.MeanAbsolute.ToString("0.###e+0", CultureInfo.InvariantCulture)}"
        + (deviation.Unlike == 0 ? "" : $"; {deviation.Unlike} numbers are finite in one of them only");

    private static string Number(double value) => ShortText.Number(value);

    private static void Row(TextWriter output, string name, string text) => output.WriteLine($"{name,-12} {text}");
}
