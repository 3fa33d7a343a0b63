namespace Realtime.Daemon.Commands;

/// <summary>A moment of a running daemon, in lines.</summary>
internal static class TopLines
{
    private const string Dim = "dim";
    private const int LongestName = 40;

    // Above the streams.
    private const int OtherLines = 5;

    // Streams of a line without a terminal.
    private const int Few = 3;

    private static readonly string[] Outcomes = ["received", "duplicate", "rejected", "refused"];

    /// <summary>For a terminal.</summary>
    public static IReadOnlyList<StyledLine> Draw(TopView view, int width, int height)
    {
        var stats = view.Stats;
        var lines = new List<StyledLine>
        {
            new StyledLine(width).Add("realtimed streams top", "bold aqua")
                .Add($"  {stats["version"].AsString()}, up {Uptime(view)}, {stats["kernel"].AsString()}")
                .Add(", Ctrl-C ends", Dim),
            new StyledLine(width).Add(ShortText.Count(view.Total), "bold").Add(" streams, ")
                .Add(RateOf(view.Rate), "bold").Add(" ticks/s, ").Add(Accounts(view)),
            view.Trouble is { } trouble ? new StyledLine(width).Add($"ticks are refused or held up: {trouble}", "red")
                : view.ReloadFault is { } fault ? new StyledLine(width).Add($"not reloaded: {fault}", "yellow")
                : new StyledLine(width),
        };
        var name = Math.Clamp(
            view.Streams.Select(static stream => stream.Name.Length).Append(6).Max(), 6,
            Math.Max(6, Math.Min(LongestName, width - 70)));
        lines.Add(new StyledLine(width).Add(
            $"{"stream".PadRight(name)}  {"model",-12}{"ticks/s",10}{"ticks",12}{"gaps",8}{"age",10}{"MAE",10}"
            + $"{"of pers.",10}", Dim));
        foreach (var stream in view.Streams.Take(Math.Max(1, height - OtherLines)))
            lines.Add(Row(stream, name, width));
        if (view.Total > view.Streams.Count)
            lines.Add(new StyledLine(width).Add($"{view.Streams.Count} of {view.Total} streams looked at", Dim));
        return lines;
    }

    /// <summary>For a file or a pipe.</summary>
    public static string LineOf(TopView view)
    {
        var busiest = view.Streams.Take(Few).Select(static stream =>
            $" | {stream.Name} {RateOf(stream.Rate)}/s, age {ShortText.Duration(1e9 * stream.Age)}");
        var trouble = view.Trouble is { } text ? $" | ticks are refused or held up: {text}" : "";
        var fault = view.ReloadFault is { } reason ? $" | not reloaded: {reason}" : "";
        return $"up {Uptime(view)}, {view.Total} streams, {RateOf(view.Rate)} ticks/s, {Accounts(view)}"
            + $"{trouble}{fault}{string.Concat(busiest)}";
    }

    /// <summary>All of it, for one look.</summary>
    public static void WriteTable(TopView view, TextWriter output)
    {
        output.WriteLine(
            $"up {Uptime(view)}, {view.Total} streams, {RateOf(view.Rate)} ticks/s, {Accounts(view)}");
        if (view.Trouble is { } trouble)
            output.WriteLine($"ticks are refused or held up: {trouble}");
        if (view.ReloadFault is { } fault)
            output.WriteLine($"not reloaded: {fault}");
        var table = new TextTable(
            "stream", "model", ">ticks/s", ">ticks", ">gaps", ">age", ">MAE", ">of persistence");
        foreach (var stream in view.Streams)
        {
            table.Add(
                stream.Name, stream.Model, RateOf(stream.Rate), ShortText.Count(stream.Ticks),
                ShortText.Count(stream.Gaps), ShortText.Duration(1e9 * stream.Age), ShortText.Number(stream.Mae),
                ShortText.Number(stream.Ratio));
        }

        table.WriteTo(output);
    }

    private static StyledLine Row(TopStream stream, int name, int width) => new StyledLine(width)
        .Add(ShortText.Cut(stream.Name, name).PadRight(name))
        .Add($"  {ShortText.Cut(stream.Model, 11),-12}{RateOf(stream.Rate),10}{ShortText.Count(stream.Ticks),12}")
        .Add($"{ShortText.Count(stream.Gaps),8}", stream.Gaps > 0 ? "yellow" : "")
        .Add($"{ShortText.Duration(1e9 * stream.Age),10}{ShortText.Number(stream.Mae),10}")
        .Add($"{ShortText.Number(stream.Ratio),10}", stream.Ratio <= 1 ? "green" : "yellow");

    private static string Uptime(TopView view) =>
        ShortText.Duration(1e9 * (view.Stats["uptime"].AsDouble() ?? double.NaN));

    private static string RateOf(double rate) => double.IsNaN(rate) ? ShortText.Nothing : ShortText.Rate(rate);

    private static string Accounts(TopView view) => string.Join(", ", Outcomes.Select(
        name => $"{ShortText.Count(view.Stats[name].AsDouble() ?? 0)} {name}"));
}
