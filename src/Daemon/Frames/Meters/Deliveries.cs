using Realtime.Daemon.Frames.Tracing;

namespace Realtime.Daemon.Frames.Meters;

/// <summary>Measures the hand-over of a frame's predictions to the prediction socket.</summary>
/// <remarks>
/// The clock is read once for <see cref="GroupSize"/> predictions, behind the last of them: no latency is told too
/// short, and none too long by more than the hand-over of the others of its group.
/// </remarks>
public sealed class Deliveries(FrameMeters meters, TickTracer? tracer)
{
    /// <summary>Predictions that share a timestamp.</summary>
    public const int GroupSize = 8;

    // Ticks of one model and time that follow each other.
    private readonly Run[] _runs = new Run[GroupSize];
    private int _count;
    private int _ticks;

    /// <summary>A prediction was taken by the socket.</summary>
    public void Sent(in Item item)
    {
        Add(in item);
        if (item.Traced != 0)
            Trace(in item);
        else if (++_ticks >= GroupSize)
            Flush();
    }

    /// <summary>The socket would not take it.</summary>
    public void Dropped(in Item item)
    {
        meters.Of(item.Model).Dropped++;
        if (item.Traced != 0)
            tracer!.HandOver(in item, FrameMeters.Timestamp, isDropped: true);
    }

    /// <summary>Nobody has subscribed: all of a frame's predictions are done with at the same moment.</summary>
    public void Unheard(ReadOnlySpan<Item> items)
    {
        if (items.IsEmpty)
            return;
        var now = meters.ReadsTime ? FrameMeters.Timestamp : 0;
        foreach (ref readonly var item in items)
        {
            if (item.Kind != ItemKind.Tick)
                continue;
            if (_count == GroupSize)
                Flush(now);
            Add(in item);
            if (item.Traced != 0)
                tracer!.HandOver(in item, now, isDropped: false);
        }

        Flush(now);
    }

    /// <summary>The frame's last prediction is handed over.</summary>
    public void Flush()
    {
        if (_count != 0)
            Flush(meters.Measures ? FrameMeters.Timestamp : 0);
    }

    // A traced tick has a timestamp of its own, which its latency is counted with.
    private void Trace(in Item item)
    {
        var now = FrameMeters.Timestamp;
        Flush(now);
        tracer!.HandOver(in item, now, isDropped: false);
    }

    private void Add(in Item item)
    {
        if (_count != 0)
        {
            ref var last = ref _runs[_count - 1];
            if (last.Model == item.Model && last.Time == item.Time)
            {
                last.Ticks++;
                return;
            }
        }

        _runs[_count++] = new Run { Model = item.Model, Time = item.Time, Ticks = 1 };
    }

    private void Flush(long now)
    {
        var latency = Math.Max(0, now - meters.Received);
        var wall = meters.WallAt(now);
        for (var i = 0; i < _count;)
            i = Count(i, latency, wall);
        _count = _ticks = 0;
    }

    // Runs of one model share the latency; returns where they end.
    private int Count(int first, long latency, long wall)
    {
        var model = meters.Of(_runs[first].Model);
        var ticks = 0;
        var i = first;
        for (; i < _count && _runs[i].Model == _runs[first].Model; i++)
        {
            ticks += _runs[i].Ticks;
            if (meters.Measures)
                model.Age.Add(AgeAt(wall, _runs[i].Time), _runs[i].Ticks);
        }

        model.Sent += ticks;
        if (meters.Measures)
        {
            model.Latency.Add(latency, ticks);
            meters.Raw?.Add(model, latency, ticks);
        }

        return i;
    }

    // A time far in the past must not come out in the future.
    private static long AgeAt(long wall, long time)
    {
        var age = unchecked(wall - time);
        return time < 0 && age < 0 ? long.MaxValue : age;
    }

    private struct Run
    {
        public int Model;
        public int Ticks;
        public long Time;
    }
}
