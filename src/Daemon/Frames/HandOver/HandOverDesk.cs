namespace Realtime.Daemon.Frames.HandOver;

/// <summary>
/// Changes of the models that wait for their moment: between two frames, while no snapshot is being made. It has the
/// rows of one moment under the models of that moment, and the next is to begin before anything is stepped by others.
/// </summary>
public sealed class HandOverDesk(World world)
{
    private readonly Queue<Action> _steps = new();

    /// <summary>Has the models read again and answers when that is done; null where there is nothing to read.</summary>
    public Action<LateReply>? Reload { get; set; }

    /// <summary>Why the models can't be read again now; null where they can.</summary>
    public string? Busy { get; set; }

    /// <summary>Something waits.</summary>
    public bool IsWaiting => _steps.Count != 0;

    /// <summary>Has something done as soon as it may be; on the loop's thread.</summary>
    public void Add(Action step) => _steps.Enqueue(step);

    /// <summary>Does what waits, where it may; before a frame takes anything in.</summary>
    /// <returns>Something was done.</returns>
    public bool Run()
    {
        if (_steps.Count == 0)
            return false;
        if (world.Snapshots is { } snapshots)
        {
            snapshots.IsHeld = snapshots.IsBusy;
            if (snapshots.IsBusy)
                return false;
        }

        while (_steps.TryDequeue(out var step))
            step();
        return true;
    }
}
