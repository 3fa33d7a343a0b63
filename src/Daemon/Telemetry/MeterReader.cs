using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Meters;
using Realtime.Daemon.Frames.Tracing;

namespace Realtime.Daemon.Telemetry;

/// <summary>Has the loop copy what it measured, for readers on other threads.</summary>
internal sealed class MeterReader(FrameLoop loop, Vitals vitals)
{
    private MeterCopy? _free;
    private volatile bool _hasEnded;

    /// <summary>Traced ticks for the one who tells of them; null where none is traced.</summary>
    public TraceRing? Traces => loop.Tracer?.Ring;

    /// <summary>The loop has ended: what it measured is there to be read.</summary>
    public void End() => _hasEnded = true;

    /// <summary>Everything as it is between two frames; null where the loop does not turn.</summary>
    /// <param name="patience">How long it is waited for.</param>
    public async Task<Reading?> ReadAsync(TimeSpan patience)
    {
        if (!loop.IsServing)
            return new Reading(new MeterCopy(), vitals, false);
        var copy = Interlocked.Exchange(ref _free, null) ?? new MeterCopy();
        if (_hasEnded)
        {
            Copy(copy);
            return new Reading(copy, vitals, true);
        }

        var copied = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(() =>
        {
            Copy(copy);
            copied.SetResult();
        });
        // A copy that comes too late is nobody's.
        return await Task.WhenAny(copied.Task, Task.Delay(patience)).ConfigureAwait(false) == copied.Task
            ? new Reading(copy, vitals, true) : null;
    }

    private void Copy(MeterCopy copy)
    {
        loop.Meters.CopyTo(copy);
        copy.Traced = Traces?.Taken ?? 0;
    }

    /// <summary>A reading is not used any longer.</summary>
    public void GiveBack(Reading reading)
    {
        if (reading.IsServing)
            _free = reading.Loop;
    }
}
