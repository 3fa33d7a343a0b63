using System.Diagnostics;

namespace Realtime.Protocol.ZeroMq;

/// <summary>The end of a wait that may have to start again.</summary>
internal readonly struct Deadline(TimeSpan timeout)
{
    private readonly long _start = Stopwatch.GetTimestamp();

    /// <summary>What is left, not below zero; a wait without end stays one.</summary>
    public TimeSpan Remaining
    {
        get
        {
            if (timeout < TimeSpan.Zero)
                return Timeout.InfiniteTimeSpan;
            TimeSpan left = timeout - Stopwatch.GetElapsedTime(_start);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }
}
