namespace Realtime.Daemon.Frames.Meters;

/// <summary>The latency of ticks of all models since it was asked last; on the loop's thread.</summary>
public sealed class LatencyWindow(FrameMeters meters)
{
    private readonly ExponentialHistogram _all = new(FrameMeters.Nanosecond);
    private readonly ExponentialHistogram _then = new(FrameMeters.Nanosecond);

    /// <summary>The ticks since the last call, and a quantile of their latency in seconds; NaN without ticks.</summary>
    /// <param name="q">Between 0 and 1.</param>
    public (long Ticks, double Seconds) Move(double q)
    {
        _all.Clear();
        foreach (var model in meters.Models)
            _all.Merge(model.Latency);
        var since = _all.Since(_then);
        _all.CopyTo(_then);
        return (since.Count, since.Quantile(q));
    }
}
