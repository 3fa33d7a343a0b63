using Realtime.Daemon.Hosting;

namespace Realtime.Daemon.Recovery;

/// <summary>State lives in memory only: there is nothing to bring back or to close.</summary>
public sealed class ShortLife : ILoopLife
{
    public void Begin(CancellationToken stop)
    {
    }

    public void End()
    {
    }
}
