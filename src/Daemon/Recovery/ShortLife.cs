using Realtime.Daemon.Frames;
using Realtime.Daemon.Hosting;

namespace Realtime.Daemon.Recovery;

/// <summary>State lives in memory only: there is nothing to bring back or to close.</summary>
/// <param name="world">What there is for as long as it lasts.</param>
public sealed class ShortLife(World world) : ILoopLife
{
    public void Begin(CancellationToken stop)
    {
    }

    public void End()
    {
    }

    public string DeviceFailed(string fault) =>
        $"All that {world.Streams.Count} streams carried is lost: without state.directory it lived in memory only";
}
