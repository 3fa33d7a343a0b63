using Realtime.Daemon.Backtesting;
using Realtime.Daemon.Hosting;

namespace Realtime.Daemon.Commands;

/// <summary>What was run.</summary>
/// <param name="Model">The model, and the file it is from.</param>
/// <param name="Kernel">That stepped it.</param>
/// <param name="Plan">What was scored.</param>
/// <param name="ScaleRows">Rows that errors are scaled by; null where they are in units of the values.</param>
internal sealed record BacktestTitle(LoadedModel Model, string Kernel, BacktestPlan Plan, int? ScaleRows)
{
    public string ModelText => $"{Model.Model.Name} ({Model.Options.File}, sha256 {Model.Model.Digest[..12]})";

    public string Units => ScaleRows is { } rows
        ? $"errors in standard deviations of the first {rows} rows of each column" : "errors in units of the values";

    public string RowsText => (Plan.From, Plan.To) switch
    {
        (0, int.MaxValue) => "all rows",
        (var from, int.MaxValue) => $"rows from {from} on",
        var (from, to) => $"rows {from} to {to - 1}",
    };
}
