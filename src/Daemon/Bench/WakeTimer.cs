using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Realtime.Daemon.Bench;

/// <summary>
/// A timer that a poll can wait for beside sockets, exact to microseconds where a poll's own timeout counts
/// milliseconds (Linux timerfd).
/// </summary>
internal sealed unsafe partial class WakeTimer : IDisposable
{
    private const int Monotonic = 1;
    private const int NonBlocking = 0x800;
    private const int Absolute = 1;
    private const long Second = 1_000_000_000;

    public WakeTimer()
    {
        Descriptor = Create(Monotonic, NonBlocking);
        if (Descriptor < 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), "timerfd_create");
    }

    /// <summary>Readable from the time set on.</summary>
    public int Descriptor { get; }

    /// <summary>
    /// Sets the time of the monotonic clock to wake at, or 0 for never; what was set before is forgotten.
    /// </summary>
    public void Set(long nanoseconds)
    {
        var time = new TimerTime { Seconds = nanoseconds / Second, Nanoseconds = nanoseconds % Second };
        if (SetTime(Descriptor, Absolute, &time, null) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), "timerfd_settime");
    }

    public void Dispose() => _ = Close(Descriptor);

    [LibraryImport("libc", EntryPoint = "timerfd_create", SetLastError = true)]
    private static partial int Create(int clock, int flags);

    [LibraryImport("libc", EntryPoint = "timerfd_settime", SetLastError = true)]
    private static partial int SetTime(int descriptor, int flags, TimerTime* time, TimerTime* old);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);

    private struct TimerTime
    {
        public long IntervalSeconds;
        public long IntervalNanoseconds;
        public long Seconds;
        public long Nanoseconds;
    }
}
