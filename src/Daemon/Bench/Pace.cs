using System.Diagnostics;

namespace Realtime.Daemon.Bench;

/// <summary>
/// When each tick of a run is meant to be sent, in nanoseconds of the monotonic clock. The schedule never waits for
/// replies: a stall delays nothing but shows in every tick it holds up.
/// </summary>
/// <param name="start">When tick 0 is due.</param>
/// <param name="ticksPerSecond">At least 1.</param>
public readonly struct Pace(long start, int ticksPerSecond)
{
    private const long Second = 1_000_000_000;

    /// <summary>The monotonic clock, which timerfd counts by too.</summary>
    public static long Now => Stopwatch.GetTimestamp() * (Second / Stopwatch.Frequency);

    public long Due(long tick) =>
        start + tick / ticksPerSecond * Second + tick % ticksPerSecond * Second / ticksPerSecond;
}
