using Realtime.Daemon.Bench;
using Realtime.Daemon.Frames;

namespace Realtime.Bench.Suite.Frames;

/// <summary>Gives the loop requests of one batch each that want their predictions, and takes the replies, uncopied.
/// </summary>
internal sealed class BatchPorts(TickFeed feed, int batchesPerFrame) : ITickSource, IPredictionSink, IClock
{
    private readonly byte[] _batch = new byte[Saturation.BatchLength * feed.Size + 8];

    public long UtcNanoseconds { get; private set; } = 1_600_000_000_000_000_000;

    public long Replies { get; private set; }

    public bool HasSubscribers => false;

    public void Receive(Inbox inbox)
    {
        UtcNanoseconds += 1_000_000;
        for (var i = 0; i < batchesPerFrame && !inbox.IsFull; i++)
        {
            ReadOnlySpan<byte> identity = [0, 1, 2, 3, 4];
            identity.CopyTo(inbox.Free);
            var message = new Message { Origin = Origin.Request, Identity = inbox.Keep(identity.Length), Frames = 1 };
            var size = Saturation.WriteBatch(feed, predictions: true, _batch);
            _batch.AsSpan(0, size).CopyTo(inbox.Free);
            message.Payload = inbox.Keep(size);
            message.LargestFrame = size;
            inbox.Add(in message);
        }
    }

    public bool Publish(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload) => true;

    public bool Reply(ReadOnlySpan<byte> identity, bool delimiter, ReadOnlySpan<byte> payload)
    {
        Replies++;
        return true;
    }

    public void Wait(TimeSpan timeout)
    {
    }

    public void Wake()
    {
    }
}
