namespace Realtime.Daemon.Bench;

/// <summary>What a saturated run saw.</summary>
/// <param name="Ticks">Ticks answered while the time was taken.</param>
/// <param name="Seconds">The time taken.</param>
/// <param name="Lost">Ticks that were never answered.</param>
public readonly record struct SaturatedResult(long Ticks, double Seconds, long Lost)
{
    public double Rate => Ticks / Seconds;
}

/// <summary>
/// As many ticks as the other end can take: a new one is sent for each that was answered, so that a fixed number is
/// always under way and none is dropped. From one thread over plain sockets, see <see cref="ZmtpConnection"/>.
/// </summary>
public static class Saturation
{
    /// <summary>
    /// Ticks under way where PUB would drop: half of libzmq's high-water mark of 1000, because a pipe tells its writer
    /// what was read in steps of that half.
    /// </summary>
    public const int WindowOfSingles = 480;

    public const int BatchLength = 64;

    /// <summary>Batches under way.</summary>
    public const int WindowOfBatches = 32;

    // Bytes; well below what the kernel holds of a connection.
    private const int MostWaitedFor = 60_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan SubscriptionPatience = TimeSpan.FromMilliseconds(500);

    /// <summary>Single ticks over PULL; each prediction comes back over PUB.</summary>
    public static SaturatedResult Singles(string ingest, string predictions, TickFeed feed, TimeSpan duration)
    {
        using var push = new ZmtpConnection(ingest, "PUSH");
        using var subscriber = new ZmtpConnection(predictions, "SUB") { Patience = SubscriptionPatience };
        subscriber.Subscribe("p/" + feed.Prefix);
        AwaitSubscription(push, subscriber, feed);
        subscriber.Patience = Patience;
        return Run(push, subscriber, WindowOfSingles, duration, 1, buffer =>
            ZmtpConnection.Frame(feed.Tick(feed.Next++), buffer));
    }

    /// <summary>Batches of 64 ticks as requests, each with one reply.</summary>
    public static SaturatedResult Batches(
        string requests, TickFeed feed, bool predictions, TimeSpan duration, int window = WindowOfBatches)
    {
        using var dealer = new ZmtpConnection(requests, "DEALER") { Patience = Patience };
        var batch = new byte[BatchLength * feed.Size + 8];
        Func<Span<byte>, int> write = buffer =>
            ZmtpConnection.Frame(batch.AsSpan(0, WriteBatch(feed, predictions, batch)), buffer);
        // Woken for each reply, the generator would take the processor from the daemon for little.
        dealer.LeastBytes = (int)Math.Clamp(ReplyBytes(dealer, write) * (window / 5), 1, MostWaitedFor);
        return Run(dealer, dealer, window, duration, BatchLength, write);
    }

    /// <summary>Writes the next <see cref="BatchLength"/> ticks as <c>[2, [tick, …], reply?]</c>; returns its size.
    /// </summary>
    public static int WriteBatch(TickFeed feed, bool predictions, Span<byte> batch)
    {
        ReadOnlySpan<byte> head = [(byte)(predictions ? 0x93 : 0x92), 2, 0xDC, 0, BatchLength];
        head.CopyTo(batch);
        var at = head.Length;
        for (var i = 0; i < BatchLength; i++)
        {
            var tick = feed.Tick(feed.Next++);
            tick.CopyTo(batch[at..]);
            at += tick.Length;
        }

        if (predictions)
            batch[at++] = 0xC3;
        return at;
    }

    // A subscription takes its time to arrive.
    private static void AwaitSubscription(ZmtpConnection push, ZmtpConnection subscriber, TickFeed feed)
    {
        Span<byte> framed = stackalloc byte[feed.Size + 9];
        for (var attempt = 0; attempt < 10; attempt++)
        {
            push.Send(framed[..ZmtpConnection.Frame(feed.Tick(feed.Next++), framed)]);
            if (subscriber.Receive() > 0)
                return;
        }

        throw new TimeoutException("no prediction came back within 5 s; do the streams' models take these ticks?");
    }

    // Of the first message; 0 where there is no reply.
    private static long ReplyBytes(ZmtpConnection dealer, Func<Span<byte>, int> write)
    {
        var buffer = new byte[1 << 16];
        dealer.Send(buffer.AsSpan(0, write(buffer)));
        dealer.Receive();
        return dealer.ReceivedBytes;
    }

    private static SaturatedResult Run(
        ZmtpConnection output, ZmtpConnection input, int window, TimeSpan duration, int ticksEach,
        Func<Span<byte>, int> write)
    {
        var buffer = new byte[1 << 20];
        long sent = 0, answered = 0, counted = 0, lost = 0;
        var start = Pace.Now;
        var end = start + (long)(duration.TotalSeconds * 1e9);
        // The first fifth fills the pipes.
        var from = start + (end - start) / 5;
        long began = 0, now;
        while ((now = Pace.Now) < end)
        {
            if (began == 0 && now >= from)
                (began, counted) = (now, answered);
            var used = 0;
            for (; sent - answered - lost < window; sent++)
                used += write(buffer.AsSpan(used));
            output.Send(buffer.AsSpan(0, used));
            var messages = input.Receive();
            answered += messages;
            // What comes late all the same was not lost.
            lost = messages == 0 ? sent - answered : Math.Min(lost, sent - answered);
        }

        counted = answered - counted;
        input.LeastBytes = 1;
        for (int messages; answered < sent && (messages = input.Receive()) > 0;)
            answered += messages;
        return new SaturatedResult(counted * ticksEach, (now - began) / 1e9, (sent - answered) * ticksEach);
    }
}
