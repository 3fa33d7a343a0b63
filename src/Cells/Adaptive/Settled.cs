using System.Runtime.CompilerServices;

namespace Realtime.Cells.Adaptive;

/// <summary>What a tick said of the forecasts that were made for it.</summary>
/// <param name="Score">Anomaly score in [0, 1]; NaN: no forecast was made, no value came, or too little past.</param>
/// <param name="AbsoluteError">Of the shortest horizon's forecast, the mean over the outputs; NaN: none.</param>
/// <param name="Persistence">The same had the value at the forecast's own tick been the forecast.</param>
/// <param name="Judged">Pairs of horizon and output whose intervals were judged.</param>
/// <param name="Hits">For each level of <see cref="Model.Intervals"/>, how many of these held the value.</param>
public readonly record struct Settled(
    double Score, double AbsoluteError, double Persistence, int Judged, IntervalHits Hits)
{
    internal static Settled Nothing { get; } = new(double.NaN, double.NaN, double.NaN, 0, default);
}

/// <summary>One count per level of the intervals, in their order.</summary>
[InlineArray(MaxLevels)]
public struct IntervalHits
{
    /// <summary>The most levels that a model may have.</summary>
    public const int MaxLevels = 8;

    private int _first;
}
