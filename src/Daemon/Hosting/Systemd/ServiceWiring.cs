using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Meters;
using Realtime.Daemon.Recovery;
using Realtime.Daemon.Reloading;

namespace Realtime.Daemon.Hosting.Systemd;

/// <summary>Has the daemon's parts tell the service manager what becomes of them.</summary>
internal sealed partial class ServiceWiring(ServiceNotifier notifier, FrameLoop loop, ServiceStatus status)
{
    // The loop's heartbeat comes once a second; one may be late.
    private static readonly TimeSpan ShortestWatchdog = TimeSpan.FromSeconds(2);

    public static ServiceWiring Connect(ServiceNotifier notifier, World world, FrameLoop loop, DurableLife? life)
    {
        var status = new ServiceStatus(notifier, world, new LatencyWindow(loop.Meters), () => loop.Trouble);
        if (notifier.IsThere)
            loop.Alive = status.Alive;
        if (life is not null)
            life.Recovering = text => notifier.Starting(text);
        return new ServiceWiring(notifier, loop, status);
    }

    public void Follow(Reloader reloader)
    {
        reloader.Begun = status.Reloading;
        reloader.Ended = status.Ready;
    }

    public void Follow(IHostApplicationLifetime lifetime, LoopThread thread) =>
        lifetime.ApplicationStopping.Register(() => notifier.Stopping(thread.StopTimeout, "stopping"));

    /// <summary>It serves: told by the loop itself.</summary>
    public void Serve(ILogger log)
    {
        loop.Post(status.Ready);
        if (notifier.Watchdog < ShortestWatchdog)
            LogShortWatchdog(log, notifier.Watchdog.Value.TotalSeconds, ShortestWatchdog.TotalSeconds);
    }

    [LoggerMessage(
        47, LogLevel.Warning,
        "WatchdogSec is {Seconds} s, and the frame loop tells that it lives once a second: expected at least {Least} "
            + "s")]
    private static partial void LogShortWatchdog(ILogger log, double seconds, double least);
}
