using Realtime.Daemon.Frames;
using Realtime.Gpu;

namespace Realtime.Daemon.Hosting;

/// <summary>
/// Runs the frame loop on its own thread while the host runs; a loop that fails takes the program down.
/// </summary>
/// <param name="loop">The loop.</param>
/// <param name="life">What surrounds it on the same thread.</param>
/// <param name="stopTimeout">How long its end is waited for.</param>
/// <param name="lifetime">Told when it fails.</param>
/// <param name="log">Gets what goes wrong.</param>
public sealed partial class LoopThread(
    FrameLoop loop, ILoopLife life, TimeSpan stopTimeout, IHostApplicationLifetime lifetime, ILogger<LoopThread> log)
    : IHostedService, IDisposable
{
    private readonly TaskCompletionSource _serving = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _stopTimeout = stopTimeout.Ticks;
    private volatile bool _started;
    private readonly CancellationTokenSource _stop = new();

    /// <summary>The loop does not turn any more, or never did.</summary>
    public bool Ended => !_started || _ended.Task.IsCompleted;

    /// <summary>Ends when the loop serves; true then, false where it never will.</summary>
    public async Task<bool> Serving() =>
        await Task.WhenAny(_serving.Task, _ended.Task).ConfigureAwait(false) == _serving.Task;

    /// <summary>How long its end is waited for; from any thread.</summary>
    public TimeSpan StopTimeout
    {
        get => TimeSpan.FromTicks(Volatile.Read(ref _stopTimeout));
        set => Volatile.Write(ref _stopTimeout, value.Ticks);
    }

    /// <summary>What the program ends with.</summary>
    public int ExitCode { get; private set; }

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
        await _stop.CancelAsync().ConfigureAwait(false);
        loop.Stop();
        await Task.WhenAny(_ended.Task, Task.Delay(StopTimeout, CancellationToken.None)).ConfigureAwait(false);
        if (!Ended)
            LogOvertime(StopTimeout.TotalSeconds);
    }

    public void Dispose() => _stop.Dispose();

    private void Run()
    {
        try
        {
            life.Begin(_stop.Token);
            _serving.SetResult();
            loop.Run();
            life.End();
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Told to stop before it served.
        }
        catch (StartException e)
        {
            ExitCode = e.ExitCode;
            foreach (var fault in e.Faults)
                LogFault(fault);
            lifetime.StopApplication();
        }
        catch (GpuException e)
        {
            ExitCode = Hosting.ExitCode.Failed;
            LogDeviceFailed(e.Message, life.DeviceFailed(e.Message));
            lifetime.StopApplication();
        }
#pragma warning disable CA1031 // whatever it was, it is logged and ends the program with an exit code that says so
        catch (Exception e)
#pragma warning restore CA1031
        {
            ExitCode = Hosting.ExitCode.Failed;
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

    [LoggerMessage(4, LogLevel.Critical, "The device failed: {Fault}. {Remains}")]
    private partial void LogDeviceFailed(string fault, string remains);

    [LoggerMessage(3, LogLevel.Critical, "{Fault}")]
    private partial void LogFault(string fault);

    [LoggerMessage(2, LogLevel.Error, "The frame loop did not end within stop.timeout ({Seconds} s)")]
    private partial void LogOvertime(double seconds);
}

/// <summary>What is done on the loop's thread before its first frame and after its last.</summary>
public interface ILoopLife
{
    /// <exception cref="StartException">It can't start.</exception>
    /// <exception cref="OperationCanceledException">It was told to stop.</exception>
    void Begin(CancellationToken stop);

    void End();

    /// <summary>The device that states were on failed; called in place of <see cref="End"/>.</summary>
    /// <returns>What is left of them, in words.</returns>
    string DeviceFailed(string fault);
}
