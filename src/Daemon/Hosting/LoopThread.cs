using Realtime.Daemon.Frames;

namespace Realtime.Daemon.Hosting;

/// <summary>
/// Runs the frame loop on its own thread while the host runs; a loop that fails takes the program down.
/// </summary>
public sealed partial class LoopThread(
    FrameLoop loop, TimeSpan stopTimeout, IHostApplicationLifetime lifetime, ILogger<LoopThread> log)
    : IHostedService
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _started;

    /// <summary>The loop does not turn any more, or never did.</summary>
    public bool Ended => !_started || _ended.Task.IsCompleted;

    /// <summary>The loop ended by an error.</summary>
    public bool Failed { get; private set; }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _started = true;
        new Thread(Run) { Name = "frames", IsBackground = true }.Start();
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (Ended)
            return;
        loop.Stop();
        await Task.WhenAny(_ended.Task, Task.Delay(stopTimeout, CancellationToken.None)).ConfigureAwait(false);
        if (!Ended)
            LogOvertime(stopTimeout.TotalSeconds);
    }

    private void Run()
    {
        try
        {
            loop.Run();
        }
#pragma warning disable CA1031 // whatever it was, it is logged and ends the program with an exit code that says so
        catch (Exception e)
#pragma warning restore CA1031
        {
            Failed = true;
            LogFailed(e);
            lifetime.StopApplication();
        }
        finally
        {
            _ended.SetResult();
        }
    }

    [LoggerMessage(1, LogLevel.Critical, "The frame loop failed")]
    private partial void LogFailed(Exception exception);

    [LoggerMessage(2, LogLevel.Error, "The frame loop did not end within stop.timeout ({Seconds} s)")]
    private partial void LogOvertime(double seconds);
}
