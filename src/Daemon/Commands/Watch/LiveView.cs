
namespace Realtime.Daemon.Commands;

/// <summary>The display for a terminal: a header and a table, drawn in place several times a second.</summary>
internal static class LiveView
{
    private const int LongestName = 34;
    private const int ShortestName = 14;
    private const int Between = 2;
    private const string Dim = "dim";

    // What the daemon takes for an anomaly, if not told otherwise.
    private const double Alarming = Frames.LoopOptions.DefaultAnomalyThreshold;

    // The header, the columns' names, the line about more streams, and one to spare.
    private const int OtherLines = 7;

    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    // Shown from the left as far as they fit, the ones that matter least left out first.
    private static readonly Column[] Columns =
    [
        new("trend", Sparkline.Length, 5, static stream => (stream.Trend, Dim), IsText: true),
        new("value", 8, 1, static stream => (ShortText.Number(stream.Value), "bold")),
        new("forecast", 8, 1, static stream => (ShortText.Number(stream.Forecast), "")),
        new("error", 8, 1, static stream => (ShortText.Signed(stream.Error), "")),
        new("MAE", 7, 3, static stream =>
            (ShortText.Number(stream.Mae), stream.Mae <= stream.PersistenceMae ? "green" : "yellow")),
        new("persist.", 8, 6, static stream => (ShortText.Number(stream.PersistenceMae), Dim)),
        new("next", 8, 2, static stream => (ShortText.Cut(stream.NextText, 8), "aqua")),
        new("score", 5, 6, static stream => (stream.ScoreText, stream.Score >= Alarming ? "red" : Dim)),
        new("ticks/s", 7, 2, static stream => (ShortText.Rate(stream.Rate), "")),
        new("age p50", 8, 4, static stream => (ShortText.Duration(stream.MedianAge), "")),
        new("p99", 8, 7, static stream => (ShortText.Duration(stream.HighAge), "")),
        new("flags", 8, 8, static stream => (stream.FlagsText, "yellow"), IsText: true),
    ];

    /// <summary>Draws until ended, on a screen of its own: then what was on the terminal before is there again.
    /// </summary>
    public static void Run(WatchBoard board, bool recent, CancellationToken end)
    {
        using var screen = new Screen(Console.Out);
        do
        {
            var (width, height) = StandardOutput.TerminalSize();
            var view = board.Look(Math.Max(1, height - OtherLines), recent);
            screen.Show(Draw(view, width), height);
        }
        while (!end.WaitHandle.WaitOne(Period));
    }

    /// <summary>The lines of one moment.</summary>
    internal static IReadOnlyList<StyledLine> Draw(WatchView view, int width)
    {
        var lines = new List<StyledLine>
        {
            new StyledLine(width)
                .Add("realtimed watch", "bold aqua").Add($"  {view.Endpoint}")
                .Add(view.Prefix.Length == 0 ? "" : $"  streams {view.Prefix}…")
                .Add($"  {ShortText.Duration(view.Elapsed.TotalMilliseconds * 1e6)}, Ctrl-C ends", Dim),
            new StyledLine(width)
                .Add(ShortText.Count(view.Predictions), "bold").Add(" predictions, ")
                .Add(ShortText.Rate(view.Rate), "bold")
                .Add($"/s of {ShortText.Count(view.StreamCount)} streams, {view.AgeText}")
                .Add(view.Missed > 0 ? $", {ShortText.Count(view.Missed)} missed" : "", "yellow"),
            new StyledLine(width)
                .Add("●", view.Heartbeat is null || view.IsSilent ? "red" : "green").Add($" {view.HeartbeatText}  ")
                .Add(view.EventText, Dim),
            new StyledLine(width),
        };
        if (view.WaitingFor is { } waiting)
            lines.Add(new StyledLine(width).Add(waiting, "yellow"));
        else
            AddStreams(view, width, lines);
        return lines;
    }

    private static void AddStreams(WatchView view, int width, List<StyledLine> lines)
    {
        var name = Math.Clamp(view.Streams.Max(static stream => stream.Name.Length), ShortestName, LongestName);
        var columns = Fitting(width - Math.Clamp(name, ShortestName, Math.Max(ShortestName, width / 4)));
        name = Math.Min(name, width - WidthOf(columns));
        var names = new StyledLine(width).Add("stream".PadRight(name), Dim);
        foreach (var column in columns)
            names.Add(column.Fill(column.Name), Dim);
        lines.Add(names);
        foreach (var stream in view.Streams)
        {
            var line = new StyledLine(width).Add(ShortText.Cut(stream.Name, name).PadRight(name));
            foreach (var column in columns)
            {
                var (text, style) = column.Cell(stream);
                line.Add(column.Fill(text), style);
            }

            lines.Add(line);
        }

        var others = view.StreamCount - view.Streams.Count;
        if (others > 0)
            lines.Add(new StyledLine(width).Add($"and {ShortText.Count(others)} more streams", Dim));
    }

    private static List<Column> Fitting(int width)
    {
        var columns = Columns.ToList();
        foreach (var column in Columns.OrderByDescending(static column => column.Rank))
        {
            if (WidthOf(columns) > width)
                columns.Remove(column);
        }

        return columns;
    }

    private static int WidthOf(List<Column> columns) => columns.Sum(static column => column.Width + Between);

    // Columns of a higher rank are left out first; a cell is its text and its style.
    private sealed record Column(
        string Name, int Width, int Rank, Func<StreamView, (string Text, string Style)> Cell, bool IsText = false)
    {
        public string Fill(string text) =>
            new string(' ', Between) + (IsText ? text.PadRight(Width) : text.PadLeft(Width));
    }
}
