using System.Diagnostics;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Commands;

/// <summary>What of the streams comes first.</summary>
internal enum TopOrder
{
    Rate,
    Age,
    Error,
    Gaps,
    Name,
}

/// <summary>
/// A stream at one moment: with ticks a second since the moment before, seconds since its last tick, and its error,
/// also in
/// persistence's; NaN where there is none yet.
/// </summary>
internal sealed record TopStream(
    string Name, string Model, double Ticks, double Gaps, double Age, double Mae, double Ratio, double Rate);

/// <summary>A running daemon at one moment, beside the moment before.</summary>
/// <param name="Stats">As <c>stats</c> tells.</param>
/// <param name="Rate">Ticks received a second.</param>
/// <param name="Streams">The streams that were looked at, in the order asked for.</param>
internal sealed record TopView(MessagePackValue Stats, double Rate, IReadOnlyList<TopStream> Streams)
{
    public double Total => Stats["streams"].AsDouble() ?? 0;

    /// <summary>Nil entries are nothing to tell.</summary>
    public string? Trouble =>
        Stats["state"] is { Type: MessagePackType.Map } state ? state["trouble"].AsString() : null;

    /// <summary>What the last reload found wrong; null where nothing.</summary>
    public string? ReloadFault => Stats["reload"] is { Type: MessagePackType.Map } reload
        && reload["outcome"].AsString() == "failed" && reload["faults"].Items is [var first, ..]
            ? first.AsString() : null;
}

/// <summary>Looks at a running daemon again and again.</summary>
/// <param name="daemon">Where it is.</param>
/// <param name="prefix">Only streams whose names start so.</param>
/// <param name="most">So many streams are looked at.</param>
/// <param name="order">What comes first.</param>
internal sealed class TopBoard(DaemonRequests daemon, string prefix, int most, TopOrder order)
{
    private Dictionary<string, double> _ticks = [];
    private double _received = double.NaN;
    private long _at;

    public TopView Look()
    {
        var stats = daemon.Ask("stats");
        var streams = daemon.List(prefix).Take(most).ToList();
        var now = Stopwatch.GetTimestamp();
        var seconds = _at == 0 ? double.NaN : Stopwatch.GetElapsedTime(_at, now).TotalSeconds;
        var received = stats["received"].AsDouble() ?? 0;
        var rows = streams.Select(stream => Row(stream, seconds)).ToList();
        var view = new TopView(stats, (received - _received) / seconds, [.. Sorted(rows)]);
        _ticks = rows.ToDictionary(static row => row.Name, static row => row.Ticks, StringComparer.Ordinal);
        (_received, _at) = (received, now);
        return view;
    }

    private TopStream Row(MessagePackValue stream, double seconds)
    {
        var name = DaemonRequests.NameOf(stream["stream"]);
        var (ticks, errors) = (stream["ticks"].AsDouble() ?? 0, stream["errors"]);
        var isScored = errors["scored"].AsUInt64() > 0;
        var mae = isScored ? errors["mae"].AsDouble() ?? double.NaN : double.NaN;
        var rate = double.IsNaN(seconds) ? double.NaN
            : (ticks - _ticks.GetValueOrDefault(name, ticks)) / seconds;
        return new TopStream(
            name, stream["model"].AsString() ?? ShortText.Nothing, ticks, stream["gaps"].AsDouble() ?? 0,
            stream["age"].AsDouble() ?? double.NaN, mae,
            mae / (errors["persistenceMae"].AsDouble() ?? double.NaN), Math.Max(rate, 0));
    }

    private IEnumerable<TopStream> Sorted(IEnumerable<TopStream> rows) => order switch
    {
        TopOrder.Age => rows.OrderByDescending(static row => row.Age),
        TopOrder.Error => rows.OrderByDescending(static row => double.IsNaN(row.Ratio) ? -1 : row.Ratio),
        TopOrder.Gaps => rows.OrderByDescending(static row => row.Gaps),
        TopOrder.Rate => rows.OrderByDescending(static row => double.IsNaN(row.Rate) ? row.Ticks : row.Rate),
        _ => rows,
    };
}
