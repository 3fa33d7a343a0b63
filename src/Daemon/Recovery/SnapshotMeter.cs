using Realtime.Daemon.Frames.Meters;

namespace Realtime.Daemon.Recovery;

/// <summary>What is measured of snapshots: any thread may add and read.</summary>
public sealed class SnapshotMeter
{
    private const double NanosecondsPerSecond = 1e9;

    private readonly Lock _lock = new();
    private readonly ExponentialHistogram _duration = new(FrameMeters.Nanosecond);
    private long _failed;
    private long _bytes;

    public void Add(in SnapshotOutcome outcome)
    {
        lock (_lock)
        {
            if (outcome.Fault is not null)
            {
                _failed++;
                return;
            }

            _duration.Add((long)(outcome.Seconds * NanosecondsPerSecond));
            _bytes = outcome.Bytes;
        }
    }

    /// <summary>A copy of the durations of those that are durable, how many are not, and the size of the last one.
    /// </summary>
    public (ExponentialHistogram Duration, long Failed, long Bytes) Read()
    {
        var copy = new ExponentialHistogram(FrameMeters.Nanosecond);
        lock (_lock)
        {
            _duration.CopyTo(copy);
            return (copy, _failed, _bytes);
        }
    }
}
