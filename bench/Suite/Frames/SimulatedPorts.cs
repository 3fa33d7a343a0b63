using Realtime.Daemon.Bench;
using Realtime.Daemon.Frames;

namespace Realtime.Bench.Suite.Frames;

/// <summary>Gives the loop a number of ticks per frame, one message each, and takes what it sends, uncopied.</summary>
internal sealed class SimulatedPorts(TickFeed feed, int ticksPerFrame) : ITickSource, IPredictionSink, IClock
{
    public long UtcNanoseconds { get; private set; } = 1_600_000_000_000_000_000;

    public long Published { get; private set; }

    public bool HasSubscribers { get; init; } = true;

    public void Receive(Inbox inbox)
    {
        UtcNanoseconds += 1_000_000;
        for (var i = 0; i < ticksPerFrame && !inbox.IsFull; i++)
        {
            var tick = feed.Tick(feed.Next++);
            tick.CopyTo(inbox.Free);
            inbox.Add(new Message
            {
                Origin = Origin.Ingest,
                Payload = inbox.Keep(tick.Length),
                Frames = 1,
                LargestFrame = tick.Length,
            });
        }
    }

    public bool Publish(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload)
    {
        Published++;
        return true;
    }

    public bool Reply(ReadOnlySpan<byte> identity, bool delimiter, ReadOnlySpan<byte> payload) => true;

    public void Wait(TimeSpan timeout)
    {
    }

    public void Wake()
    {
    }
}
