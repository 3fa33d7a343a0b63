namespace Realtime.Daemon.Frames.Tracing;

/// <summary>Which ticks are traced.</summary>
public sealed record TickSampling
{
    /// <summary>The part of the ticks that come without a trace, or of all where no parent is followed: 0 to 1.
    /// </summary>
    public required double Ratio { get; init; }

    /// <summary>A tick with a trace is sampled where its parent is; where not followed, the ratio and the trace's id
    /// decide.</summary>
    public required bool FollowsParent { get; init; }

    /// <summary>Of the ids that are made.</summary>
    public required ulong Seed { get; init; }
}
