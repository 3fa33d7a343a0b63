using System.Diagnostics;

namespace Realtime.Daemon.Commands;

/// <summary>How many ticks come per second, over the last few seconds: exact for a steady stream, however slow.
/// </summary>
internal sealed class TickRate
{
    private static readonly long Period = 2 * Stopwatch.Frequency;

    private long _ticks;
    private long _last;

    // Where the period and the one before it began: a tick, and when it came.
    private long _startTicks;
    private long _start;
    private long _earlierTicks;
    private long _earlier;

    public void Count() => Count(Stopwatch.GetTimestamp());

    public double PerSecond() => PerSecond(Stopwatch.GetTimestamp());

    internal void Count(long now)
    {
        _ticks++;
        _last = now;
        if (_ticks == 1)
        {
            (_startTicks, _start) = (_ticks, now);
            (_earlierTicks, _earlier) = (_ticks, now);
        }
        else if (now - _start >= Period)
        {
            (_earlierTicks, _earlier) = (_startTicks, _start);
            (_startTicks, _start) = (_ticks, now);
        }
    }

    // The gaps between ticks count, not the ticks: a stretch that begins and ends with a tick is measured whole.
    internal double PerSecond(long now)
    {
        var gaps = _ticks - _earlierTicks;
        if (gaps == 0)
            return 0;
        var mean = (double)(_last - _earlier) / gaps;
        // A stream that has gone quiet counts by its silence.
        return Stopwatch.Frequency / Math.Max(Math.Max(mean, (now - _last) / 2.0), 1);
    }
}
