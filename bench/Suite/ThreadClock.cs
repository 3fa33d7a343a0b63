using System.Runtime.InteropServices;

namespace Realtime.Bench.Suite;

/// <summary>
/// Processor time of the calling thread: what computing costs, whatever else the machine is doing. The peers' programs
/// count by the same clock.
/// </summary>
internal static unsafe partial class ThreadClock
{
    private const int ThreadProcessorTime = 3;

    public static double Nanoseconds
    {
        get
        {
            var time = stackalloc long[2];
            _ = GetTime(ThreadProcessorTime, time);
            return 1e9 * time[0] + time[1];
        }
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, long* time);
}
