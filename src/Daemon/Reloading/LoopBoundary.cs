using Realtime.Daemon.Frames;

namespace Realtime.Daemon.Reloading;

/// <summary>The moments between two frames at which no snapshot is copied, for another thread.</summary>
public sealed class LoopBoundary(World world, FrameLoop loop)
{
    /// <summary>Has the loop do something at the next such moment, and waits for it.</summary>
    /// <exception cref="OperationCanceledException">It was told to stop waiting.</exception>
    public T Run<T>(Func<T> action, CancellationToken stop)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(() => world.HandOvers.Add(() => done.SetResult(action())));
        done.Task.Wait(stop);
        return done.Task.Result;
    }
}
