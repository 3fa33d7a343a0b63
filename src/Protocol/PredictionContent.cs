namespace Realtime.Protocol;

/// <summary>What differs from one prediction of a model to the next.</summary>
public ref struct PredictionContent
{
    public PredictionContent()
    {
    }

    public StreamLabel Stream { get; set; }
    public ulong Seq { get; set; }

    /// <summary>The tick's time in nanoseconds since 1970.</summary>
    public long Time { get; set; }

    /// <summary>[horizon][output][1 + quantiles], the mean first; of a classifier the probability of each class.
    /// </summary>
    public ReadOnlySpan<double> Prediction { get; set; }

    /// <summary>The tick's values, one per input; NaN, where one is missing, becomes nil. Empty: no such key.</summary>
    public ReadOnlySpan<double> Values { get; set; }

    /// <summary>The anomaly score in [0, 1]; NaN: no such key.</summary>
    public double Score { get; set; } = double.NaN;

    public PredictionFlags Flags { get; set; }

    /// <summary>A W3C traceparent; empty: no such key.</summary>
    public ReadOnlySpan<byte> Trace { get; set; }
}
