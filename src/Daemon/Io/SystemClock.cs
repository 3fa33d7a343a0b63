using Realtime.Daemon.Frames;

namespace Realtime.Daemon.Io;

/// <summary>The machine's clock: the only place where the program asks what time it is.</summary>
public sealed class SystemClock : IClock
{
    private const long NanosecondsPerTick = 100;

    public long UtcNanoseconds
    {
        get
        {
#pragma warning disable RS0030 // the one reading of the clock
            return (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * NanosecondsPerTick;
#pragma warning restore RS0030
        }
    }
}
