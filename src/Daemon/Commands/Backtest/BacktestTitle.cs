using Realtime.Daemon.Backtesting;
using Realtime.Daemon.Hosting;

namespace Realtime.Daemon.Commands;

/// <summary>What was run.</summary>
/// <param name="Models">The models, and the files they are from.</param>
/// <param name="Plan">What was scored.</param>
/// <param name="ScaleRows">Rows that errors are scaled by; null where they are in units of the values.</param>
internal sealed record BacktestTitle(BacktestModels Models, BacktestPlan Plan, int? ScaleRows)
{
    public LoadedModel Model => Models.First;

    /// <summary>As headings call it.</summary>
    public string Name => Models.IsEnsemble ? $"an ensemble of {Models.Members.Count} models" : Model.Model.Name;

    /// <summary>As tables call it.</summary>
    public string Row => Models.IsEnsemble ? "ensemble" : "model";

    public string ModelText => string.Join("; ", Models.Members.Select(Text))
        + (Models.Decoder is { } decoder ? $"; decoder {Text(decoder)}" : "");

    /// <summary>What steps are called that were rolled out.</summary>
    public string RollOutText => Models.Decoder is null
        ? "Rolled out: each forecast is the next input" : "Rolled out by the decoder: each forecast is its next input";

    public string Units => ScaleRows is { } rows
        ? $"errors in standard deviations of the first {rows} rows of each column" : "errors in units of the values";

    public string RowsText => (Plan.From, Plan.To) switch
    {
        (0, int.MaxValue) => "all rows",
        (var from, int.MaxValue) => $"rows from {from} on",
        var (from, to) => $"rows {from} to {to - 1}",
    };

    /// <summary>What stepped it, in words.</summary>
    public static string EngineText(BacktestResult result) =>
        result.Engine == "cpu" ? $"kernel {result.Kernel}" : $"{result.Engine}, {result.Kernel}";

    private static string Text(LoadedModel model) =>
        $"{model.Model.Name} ({model.Options.File}, sha256 {model.Model.Digest[..12]})";
}
