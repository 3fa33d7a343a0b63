using System.Runtime.InteropServices;

namespace Realtime.Daemon.Io;

/// <summary>
/// A sleep far shorter than .NET has: long enough for a flood to meet full queues, too short to hold anybody up.
/// </summary>
internal static unsafe partial class BriefSleep
{
    private const long Nanoseconds = 200_000;

    public static void Run()
    {
        var time = new Time { Nanoseconds = Nanoseconds };
        _ = Sleep(&time, null);
    }

    [LibraryImport("libc", EntryPoint = "nanosleep")]
    private static partial int Sleep(Time* time, Time* left);

    private struct Time
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
