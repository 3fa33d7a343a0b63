using Realtime.Protocol.ZeroMq;

namespace Realtime.Daemon.Bench;

/// <summary>What a paced run saw.</summary>
/// <param name="Rate">Ticks meant to be sent per second.</param>
/// <param name="Sent">Ticks sent.</param>
/// <param name="Lost">Ticks without an answer.</param>
/// <param name="Latencies">Of each tick: when its answer came, less when it was meant to be sent; until the end of the
/// run for those without an answer.</param>
/// <param name="SendDelay">How late the generator itself was, median, in nanoseconds.</param>
public sealed record PacedResult(int Rate, long Sent, long Lost, Latencies Latencies, double SendDelay);

/// <summary>Sends ticks over a lane by a fixed schedule, from one thread that also takes the answers.</summary>
public sealed class PacedRun : IDisposable
{
    private const long Grace = 3_000_000_000;

    // The thread wakes this much before a tick is due and spins the rest; only where that is a small part of the time.
    private const long SpinAhead = 60_000;
    private const int SpinUpTo = 2000;

    private readonly ILane _lane;
    private readonly WakeTimer _timer = new();
    private readonly ZmqPoll _poll = new();

    public PacedRun(ILane lane)
    {
        _lane = lane;
        _poll.Add(lane.Answers);
        _poll.AddDescriptor(_timer.Descriptor);
    }

    /// <param name="rate">Ticks per second.</param>
    /// <param name="duration">How long ticks are sent; the answers outstanding then are waited for, up to three
    /// seconds.</param>
    public PacedResult Run(int rate, TimeSpan duration)
    {
        var total = Math.Max(1, (long)(rate * duration.TotalSeconds));
        var latencies = new Latencies((int)total);
        var delays = new Latencies((int)total);
        var answered = new bool[total];
        var first = _lane.Feed.Next;
        var start = Pace.Now + 1_000_000;
        var pace = new Pace(start, rate);
        var end = pace.Due(total) + Grace;
        var ahead = rate <= SpinUpTo ? SpinAhead : 0;
        long sent = 0, now;
        while ((now = Pace.Now) < end && (sent < total || latencies.Count < total))
        {
            var progress = false;
            while (sent < total && pace.Due(sent) <= now && _lane.TrySend(first + sent))
            {
                delays.Add(now - pace.Due(sent++));
                now = Pace.Now;
                progress = true;
            }

            while (_lane.TryReceive(out var tick))
            {
                now = Pace.Now;
                progress = true;
                if (tick < first || tick >= first + sent || answered[tick - first])
                    continue;
                answered[tick - first] = true;
                latencies.Add(now - pace.Due(tick - first));
            }

            if (!progress)
                Wait(sent < total ? pace.Due(sent) : end, ahead);
        }

        _lane.Feed.Next = first + sent;
        var lost = total - latencies.Count;
        for (var tick = 0L; tick < total; tick++)
        {
            if (!answered[tick])
                latencies.Add(now - pace.Due(tick));
        }

        return new PacedResult(rate, sent, lost, latencies, delays.Percentile(0.5));
    }

    public void Dispose() => _timer.Dispose();

    private void Wait(long due, long ahead)
    {
        if (due - ahead <= Pace.Now)
            return;
        _timer.Set(due - ahead);
        _poll.Wait(Timeout.InfiniteTimeSpan);
    }
}
