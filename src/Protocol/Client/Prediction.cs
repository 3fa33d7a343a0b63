using System.Globalization;
using Realtime.Protocol.MessagePack;

namespace Realtime.Protocol;

/// <summary>A prediction as a subscriber or a client gets it.</summary>
public sealed record Prediction
{
    /// <summary>The stream's name; decimal digits where the message has a number.</summary>
    public required string Stream { get; init; }
    public ulong Seq { get; init; }

    /// <summary>The tick's time in nanoseconds since 1970.</summary>
    public long Time { get; init; }
    public string Model { get; init; } = "";

    /// <summary>Steps ahead; empty from a classifier.</summary>
    public IReadOnlyList<int> Horizons { get; init; } = [];

    /// <summary>[horizon][output].</summary>
    public IReadOnlyList<IReadOnlyList<double>> Mean { get; init; } = [];

    /// <summary>[horizon][output] by quantile; empty where the model has none.</summary>
    public IReadOnlyDictionary<double, IReadOnlyList<IReadOnlyList<double>>> Quantiles { get; init; } =
        new Dictionary<double, IReadOnlyList<IReadOnlyList<double>>>();

    /// <summary>Probabilities by class; empty from a model that forecasts.</summary>
    public IReadOnlyDictionary<string, double> Classes { get; init; } = new Dictionary<string, double>();

    /// <summary>The anomaly score in [0, 1]; null where there is none.</summary>
    public double? Score { get; init; }
    public PredictionFlags Flags { get; init; }
    public string? Trace { get; init; }

    /// <summary>The tick's values; NaN where one was missing.</summary>
    public IReadOnlyList<double> Values { get; init; } = [];

    /// <summary>Decodes a prediction; null where the element is none (nil for a tick that was not stepped).</summary>
    public static Prediction? From(MessagePackValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (StreamEvent.NameOf(value["stream"]) is not { } stream || value["model"].AsString() is not { } model)
            return null;
        return new Prediction
        {
            Stream = stream,
            Seq = value["seq"].AsUInt64() ?? 0,
            Time = value["time"].AsInt64() ?? 0,
            Model = model,
            Horizons = [.. value["horizons"].Items.Select(item => (int)(item.AsInt64() ?? 0))],
            Mean = Rows(value["mean"]),
            Quantiles = QuantilesOf(value["quantiles"]),
            Classes = value["classes"].Entries
                .DistinctBy(entry => entry.Key)
                .ToDictionary(entry => entry.Key, entry => Number(entry.Value)),
            Score = value["score"].AsDouble(),
            Flags = value["flags"].Items.Aggregate(PredictionFlags.None, (flags, item) => flags | Flag(item)),
            Trace = value["trace"].AsString(),
            Values = [.. value["values"].Items.Select(Number)],
        };
    }

    private static double Number(MessagePackValue value) => value.AsDouble() ?? double.NaN;

    private static IReadOnlyList<IReadOnlyList<double>> Rows(MessagePackValue value) =>
        [.. value.Items.Select(row => (IReadOnlyList<double>)[.. row.Items.Select(Number)])];

    private static Dictionary<double, IReadOnlyList<IReadOnlyList<double>>> QuantilesOf(MessagePackValue value)
    {
        var quantiles = new Dictionary<double, IReadOnlyList<IReadOnlyList<double>>>();
        foreach ((string key, MessagePackValue rows) in value.Entries)
        {
            if (double.TryParse(key, CultureInfo.InvariantCulture, out double quantile))
                quantiles[quantile] = Rows(rows);
        }
        return quantiles;
    }

    private static PredictionFlags Flag(MessagePackValue value) =>
        Enum.TryParse(value.AsString(), ignoreCase: true, out PredictionFlags flag) ? flag : PredictionFlags.None;
}
