using Realtime.Protocol;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Realtime.Daemon.Commands;

/// <summary>The display for a terminal: a header and a table, drawn in place several times a second.</summary>
internal static class LiveView
{
    private const int LongestName = 34;
    private const int ShortestName = 14;
    private const int Between = 2;

    // The header, the table's own lines, and the line the cursor rests on.
    private const int OtherLines = 9;

    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    // Shown from the left as far as they fit, the ones that matter least left out first.
    private static readonly Column[] Columns =
    [
        new("trend", Sparkline.Length, 8, static stream => Dim(stream.Trend), IsText: true),
        new("value", 8, 1, static stream => $"[bold]{ShortText.Number(stream.Value)}[/]"),
        new("forecast", 8, 1, static stream => ShortText.Number(stream.Forecast)),
        new("error", 8, 1, static stream => ShortText.Signed(stream.Error)),
        new("MAE", 7, 3, Mae),
        new("persist.", 8, 4, static stream => Dim(ShortText.Number(stream.PersistenceMae))),
        new("next", 8, 2, static stream => $"[aqua]{Markup.Escape(stream.NextText)}[/]"),
        new("ticks/s", 7, 2, static stream => ShortText.Rate(stream.Rate)),
        new("age p50", 8, 5, static stream => ShortText.Duration(stream.MedianAge)),
        new("p99", 8, 6, static stream => ShortText.Duration(stream.HighAge)),
        new("flags", 8, 7, static stream => $"[yellow]{stream.FlagsText}[/]", IsText: true),
    ];

    /// <summary>Draws until ended; what was drawn is then cleared.</summary>
    public static void Run(WatchBoard board, bool recent, CancellationToken end)
    {
        var console = AnsiConsole.Console;
        console.Live(Text.Empty).AutoClear(true).Overflow(VerticalOverflow.Crop).Start(live =>
        {
            do
            {
                var rows = Math.Max(3, console.Profile.Height - OtherLines);
                live.UpdateTarget(Draw(board.Look(rows, recent), console.Profile.Width));
            }
            while (!end.WaitHandle.WaitOne(Period));
        });
    }

    /// <summary>The display of one moment.</summary>
    internal static IRenderable Draw(WatchView view, int width)
    {
        var lines = new List<IRenderable>
        {
            Line($"[bold aqua]realtimed watch[/]  {Markup.Escape(view.Endpoint)}"
                + (view.Prefix.Length == 0 ? "" : $"  streams {Markup.Escape(view.Prefix)}…")
                + $"  [dim]{ShortText.Duration(view.Elapsed.TotalMilliseconds * 1e6)}, Ctrl-C ends[/]"),
            Line($"[bold]{ShortText.Count(view.Predictions)}[/] predictions  [bold]{ShortText.Rate(view.Rate)}[/]/s  "
                + $"{ShortText.Count(view.StreamCount)} streams  {view.AgeText}"
                + (view.Missed > 0 ? $"  [yellow]{ShortText.Count(view.Missed)} missed[/]" : "")),
            Line($"{HeartbeatMarkup(view)}  [dim]{Markup.Escape(view.EventText)}[/]"),
            Text.Empty,
        };
        lines.Add(view.WaitingFor is { } waiting ? Line($"[yellow]{Markup.Escape(waiting)}[/]") : TableOf(view, width));
        if (view.StreamCount > view.Streams.Count)
            lines.Add(Line($"[dim]and {ShortText.Count(view.StreamCount - view.Streams.Count)} more streams[/]"));
        return new Rows(lines);
    }

    private static Table TableOf(WatchView view, int width)
    {
        var name = Math.Clamp(view.Streams.Max(static stream => stream.Name.Length), ShortestName, LongestName);
        var columns = Fitting(width - ShortestName);
        name = Math.Min(name, width - columns.Sum(static column => column.Width + Between) - Between);
        var table = new Table { Border = TableBorder.None, ShowHeaders = true };
        table.AddColumn(new TableColumn(Dim("stream")) { Width = name, NoWrap = true, Padding = new(0, 0, 0, 0) });
        foreach (var column in columns)
        {
            table.AddColumn(new TableColumn(Dim(column.Name))
            {
                Width = column.Width,
                NoWrap = true,
                Padding = new(Between, 0, 0, 0),
                Alignment = column.IsText ? Justify.Left : Justify.Right,
            });
        }

        foreach (var stream in view.Streams)
        {
            table.AddRow([
                new Markup(Markup.Escape(ShortText.Cut(stream.Name, name))),
                .. columns.Select(column => new Markup(column.Cell(stream))),
            ]);
        }

        return table;
    }

    private static Column[] Fitting(int width)
    {
        foreach (var column in Columns.OrderBy(static column => column.Rank))
            width -= column.Width + Between;
        var left = Columns.ToList();
        foreach (var column in Columns.OrderByDescending(static column => column.Rank))
        {
            if (width >= 0)
                break;
            left.Remove(column);
            width += column.Width + Between;
        }

        return [.. left];
    }

    private static string HeartbeatMarkup(WatchView view)
    {
        var colour = view.Heartbeat is null || view.Silence > TimeSpan.FromSeconds(3) ? "red" : "green";
        return $"[{colour}]●[/] {Markup.Escape(view.HeartbeatText)}";
    }

    private static string Mae(StreamView stream)
    {
        var colour = stream.Mae <= stream.PersistenceMae ? "green" : "yellow";
        return $"[{colour}]{ShortText.Number(stream.Mae)}[/]";
    }

    private static string Dim(string text) => $"[dim]{text}[/]";

    private static Markup Line(string markup) => new(markup) { Overflow = Overflow.Ellipsis };

    // Columns of a higher rank are left out first.
    private sealed record Column(string Name, int Width, int Rank, Func<StreamView, string> Cell, bool IsText = false);
}
