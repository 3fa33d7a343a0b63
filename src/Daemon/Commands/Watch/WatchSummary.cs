namespace Realtime.Daemon.Commands;

/// <summary>What is left at the end of watching.</summary>
internal static class WatchSummary
{
    public const int StreamsShown = 50;

    private const int LongestName = 60;

    /// <summary>Writes a line for each stream, the ages, and last the number of predictions in plain digits.</summary>
    public static void Write(WatchView view, TextWriter output)
    {
        if (view.WaitingFor is not null)
            output.WriteLine($"no prediction came ({view.HeartbeatText})");
        else
            WriteStreams(view, output);
        output.WriteLine(FormattableString.Invariant($"{view.Predictions} predictions"));
    }

    private static void WriteStreams(WatchView view, TextWriter output)
    {
        var table = new TextTable("stream", ">ticks", ">MAE", ">persistence", ">last value", ">next forecast",
            ">score");
        foreach (var stream in view.Streams)
        {
            table.Add(
                ShortText.Cut(stream.Name, LongestName), ShortText.Count(stream.Ticks), ShortText.Number(stream.Mae),
                ShortText.Number(stream.PersistenceMae), ShortText.Number(stream.Value), stream.NextText,
                stream.ScoreText);
        }

        table.WriteTo(output);
        if (view.StreamCount > view.Streams.Count)
            output.WriteLine($"and {ShortText.Count(view.StreamCount - view.Streams.Count)} more streams");
        output.WriteLine();
        output.WriteLine(FormattableString.Invariant(
            $"{view.StreamCount} streams in {view.Elapsed.TotalSeconds:0.0} s, {view.AgeText}, {view.Missed} missed"));
        var events = view.EventCounts.Select(static entry => $"{entry.Key} {entry.Value}");
        output.WriteLine($"{view.HeartbeatText}; events: {(view.Events == 0 ? "none" : string.Join(", ", events))}");
    }
}
