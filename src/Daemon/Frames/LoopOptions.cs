using Realtime.Daemon.Frames.Tracing;

namespace Realtime.Daemon.Frames;

/// <summary>What happens to a stream's state when ticks are missing.</summary>
public enum GapPolicy
{
    Step,
    Impute,
    Reset,
}

public enum IdleMode
{
    Block,
    Spin,
}

/// <summary>What the loop and its world are told of the configuration, by whose names its parts go.</summary>
public sealed record LoopOptions
{
    public const double DefaultAnomalyThreshold = 0.8;
    public const double DefaultAnomalyClear = 0.5;

    /// <summary>Largest message frame, in bytes.</summary>
    public int FrameLimit { get; init; } = 1_048_576;

    /// <summary>Predictions are kept in the journal beside the ticks.</summary>
    public bool RecordsPredictions { get; init; }

    public int MaxTicks { get; init; } = 4096;
    /// <summary>A stream whose score reaches this has an anomaly; null: none is told.</summary>
    public double? AnomalyThreshold { get; init; } = DefaultAnomalyThreshold;

    /// <summary>The anomaly is over where the score falls below this.</summary>
    public double AnomalyClear { get; init; } = DefaultAnomalyClear;

    public IdleMode Idle { get; init; } = IdleMode.Block;
    public int StreamsMax { get; init; } = 100_000;
    public TimeSpan? IdleAfter { get; init; }
    public GapPolicy OnGap { get; init; } = GapPolicy.Step;

    /// <summary>Latencies, ages and frames are measured.</summary>
    public bool Histograms { get; init; } = true;

    /// <summary>So are the stages of a frame.</summary>
    public bool StageHistograms { get; init; } = true;

    /// <summary>A stream without a tick for this long counts as stale.</summary>
    public TimeSpan StaleAfter { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Which ticks are traced; null traces none.</summary>
    public TickSampling? Tracing { get; init; }

    /// <summary>Each latency is kept, too, as far as there is room.</summary>
    public bool RawSamples { get; init; }

    /// <summary>Bytes the streams may take; null is unlimited.</summary>
    public long? MemoryMax { get; init; }
}
