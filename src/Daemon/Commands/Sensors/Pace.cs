using System.Diagnostics;

namespace Realtime.Daemon.Commands;

/// <summary>A fixed schedule of beats: one that comes late does not move those behind it.</summary>
internal sealed class Pace(double perSecond)
{
    // Beats closer than the shortest sleep come in bunches.
    private const int ShortestSleep = 1;

    private readonly long _start = Stopwatch.GetTimestamp();
    private double _beat;

    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_start);

    /// <summary>Waits for the next beat, the first of which is now; false when stopped.</summary>
    public bool Wait(CancellationToken stop)
    {
        var due = TimeSpan.FromSeconds(_beat++ / perSecond);
        for (var ahead = due - Elapsed; ahead > TimeSpan.Zero; ahead = due - Elapsed)
        {
            var sleep = (int)Math.Clamp(ahead.TotalMilliseconds, ShortestSleep, int.MaxValue);
            if (stop.WaitHandle.WaitOne(sleep))
                return false;
        }

        return !stop.IsCancellationRequested;
    }

    /// <summary>Gives up the beats that are more than a second late, as after a machine's sleep.</summary>
    public void SkipMissed()
    {
        var now = Elapsed.TotalSeconds * perSecond;
        if (now - _beat > Math.Max(1, perSecond))
            _beat = Math.Floor(now);
    }
}
