namespace Realtime.Cells;

/// <summary>What format 2 of the model file has beside the parts of format 1.</summary>
public sealed record ModelAdditions
{
    /// <summary>None of them.</summary>
    public static ModelAdditions None { get; } = new();

    /// <summary>Derived inputs, in the file's order.</summary>
    public IReadOnlyList<Feature> Features { get; init; } = [];

    /// <summary>The adaptive head; null: none.</summary>
    public AdaptOptions? Adapt { get; init; }

    /// <summary>Shares of values that intervals are to hold, in (0, 1), ascending; empty: none.</summary>
    public IReadOnlyList<double> Intervals { get; init; } = [];

    /// <summary>Whether ticks are scored for anomalies; null: where there is an adaptive head or an interval.</summary>
    public bool? Score { get; init; }

    internal bool AreNone => Features.Count == 0 && Adapt is null && Intervals.Count == 0 && Score is null;
}
