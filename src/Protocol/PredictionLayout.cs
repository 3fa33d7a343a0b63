namespace Realtime.Protocol;

/// <summary>What all predictions of one model share.</summary>
public sealed record PredictionLayout
{
    public required string Model { get; init; }

    /// <summary>Steps ahead; empty for a classifier.</summary>
    public IReadOnlyList<int> Horizons { get; init; } = [];

    /// <summary>How many outputs are forecast for each horizon.</summary>
    public int Outputs { get; init; } = 1;

    /// <summary>In (0, 1); empty where the model has none.</summary>
    public IReadOnlyList<double> Quantiles { get; init; } = [];

    /// <summary>The classes of a classifier; null for a model that forecasts.</summary>
    public IReadOnlyList<string>? Classes { get; init; }

    /// <summary>The length of <see cref="PredictionContent.Prediction"/>.</summary>
    public int Count => Classes?.Count ?? Horizons.Count * Outputs * (1 + Quantiles.Count);
}
