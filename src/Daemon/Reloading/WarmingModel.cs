using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.HandOver;
using Realtime.Daemon.Recovery;
using Realtime.Daemon.Storage;

namespace Realtime.Daemon.Reloading;

/// <summary>
/// Brings one model up to its streams' present, beside the loop, and has it take over: by the journal up to what is
/// written, again for what was written meanwhile, and by a copy of the records for the rest.
/// </summary>
public sealed class WarmingModel(
    World world, ModelHandOver handOver, IDisk disk, LoopBoundary boundary, CancellationToken stop)
{
    // Records that the journal need not be read again for.
    private const ulong Near = 2000;

    // Records that the loop itself takes the model through before it takes over.
    private const int Rest = 16;

    /// <summary>Ticks it was stepped through.</summary>
    public long Ticks { get; private set; }

    /// <exception cref="IOException">The journal is not to be read, or has a hole.</exception>
    /// <exception cref="OperationCanceledException">It was told to stop.</exception>
    public (int Warmed, int Cold) Run(int model, NextModel next)
    {
        var (streams, at) = boundary.Run(() => (handOver.StreamsOf(model), world.Changes.Written), stop);
        using var warm = new Successor(next.Host!, model, streams);
        var history = new TickHistory(disk, warm, next.WarmTicks, stop);
        history.Run(at, streams.Select(static stream => stream.Row));
        for (var written = world.Changes.Written; written - at > Near; written = world.Changes.Written)
            at = Follow(history, at, written);
        var tap = new ChangeTap();
        var tapped = boundary.Run(() =>
        {
            world.Changes.Tap = tap;
            return world.Changes.Written;
        }, stop);
        Follow(history, at, tapped);
        while (true)
        {
            stop.ThrowIfCancellationRequested();
            Drain(tap, warm);
            if (boundary.Run(() => TryTakeOver(model, warm, tap), stop) is not { } counts)
                continue;
            Ticks = warm.Ticks;
            counts.Old.Dispose();
            return (counts.Warmed, counts.Cold);
        }
    }

    private static ulong Follow(TickHistory history, ulong at, ulong to) => history.Follow(at + 1, to)
        ? to : throw new IOException($"the journal has no records from {at + 1} to {to}");

    private static void Drain(ChangeTap tap, Successor warm)
    {
        while (tap.TryApply(warm))
        {
        }

        warm.Complete();
    }

    // On the loop's thread, which no record can overtake.
    private TookOver? TryTakeOver(int model, Successor warm, ChangeTap tap)
    {
        if (tap.Count > Rest)
            return null;
        Drain(tap, warm);
        world.Changes.Tap = null;
        var old = world.Host(model);
        var (warmed, cold) = handOver.TakeOver(model, warm);
        return new TookOver(warmed, cold, old);
    }

    private sealed record TookOver(int Warmed, int Cold, ModelHost Old);
}
