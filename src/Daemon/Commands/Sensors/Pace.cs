using System.Diagnostics;

namespace Realtime.Daemon.Commands;

/// <summary>A fixed schedule of beats: one that comes late does not move those behind it.</summary>
internal sealed class Pace(double perSecond)
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private double _beat;

    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_start);

    /// <summary>Waits for the next beat, the first of which is now; false at the end.</summary>
    public bool Wait(End end)
    {
        var due = TimeSpan.FromSeconds(_beat++ / perSecond);
        for (var ahead = due - Elapsed; ahead > TimeSpan.Zero; ahead = due - Elapsed)
        {
            if (!end.Sleep(ahead))
                return false;
        }

        return !end.IsOver;
    }

    /// <summary>Gives up the beats that have been missed: what comes late is not made up for by a burst.</summary>
    public void SkipMissed()
    {
        var now = Elapsed.TotalSeconds * perSecond;
        if (now - _beat >= 1)
            _beat = Math.Ceiling(now);
    }
}
