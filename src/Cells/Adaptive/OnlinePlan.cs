namespace Realtime.Cells.Adaptive;

/// <summary>The sizes and settings of a stream's adaptive arithmetic.</summary>
internal sealed class OnlinePlan
{
    /// <summary>Longer horizons keep the frozen head: what waits for a value costs memory per tick.</summary>
    public const int LongestHorizon = 64;

    /// <summary>The most features of an adaptive head, the constant included.</summary>
    public const int MostFeatures = 1024;

    /// <summary>In ticks, ascending.</summary>
    public required int[] Horizons { get; init; }

    public required int Outputs { get; init; }

    /// <summary>Features of the adaptive head, the constant included; 0: there is no such head.</summary>
    public int Features { get; init; }

    /// <summary>λ in (0, 1].</summary>
    public double Forgetting { get; init; } = AdaptOptions.DefaultForgetting;

    /// <summary>The covariance starts as I / ridge.</summary>
    public double Ridge { get; init; } = 1;

    /// <summary>The limit of the covariance's D.</summary>
    public float LargestD => Math.Max(UdCovariance.LargestD, (float)(1 / Ridge));

    /// <summary>Levels of the intervals, ascending.</summary>
    public double[] Intervals { get; init; } = [];

    public bool Score { get; init; }

    /// <summary>Horizons that learn: the first ones of <see cref="Horizons"/>.</summary>
    public int Learning => Horizons.Count(horizon => horizon <= LongestHorizon);

    /// <summary>Ticks for which features and bases are kept.</summary>
    public int Ring => Learning == 0 ? 1 : Horizons[Learning - 1];

    public bool Adapts => Features > 0;
}
