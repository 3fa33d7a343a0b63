using System.Diagnostics;
using Realtime.Protocol.MessagePack;

namespace Realtime.Protocol.Tests;

/// <summary>The reliable publisher against a daemon played by the test, which does what a real one seldom does.
/// </summary>
public sealed class ReliablePublisherTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly PlayedDaemon _daemon = new();
    private readonly ReliablePublisher _publisher;
    private readonly List<TickFailure> _refused = [];
    private readonly List<TickFailure> _rejected = [];
    private readonly List<TicksLost> _lost = [];

    public ReliablePublisherTests()
    {
        _publisher = new ReliablePublisher(Options);
        _publisher.Refused += _refused.Add;
        _publisher.Rejected += _rejected.Add;
        _publisher.Lost += _lost.Add;
    }

    private ReliablePublisherOptions Options => new()
    {
        Requests = _daemon.Endpoint,
        WindowTicks = 50,
        BatchTicks = 4,
        MessagesInFlight = 3,
        Timeout = TimeSpan.FromMilliseconds(200),
        ReplyTimeout = TimeSpan.FromMilliseconds(400),
        RetryDelay = TimeSpan.FromMilliseconds(5),
        ReconnectDelay = TimeSpan.FromMilliseconds(20),
    };

    public void Dispose()
    {
        _publisher.Dispose();
        _daemon.Dispose();
    }

    [Theory]
    [InlineData(ErrorCode.NotDurable)]
    [InlineData(ErrorCode.Refused)]
    public void A_refused_tick_goes_again_alone_and_nothing_of_its_stream_slips_past(ErrorCode code)
    {
        int refusals = 3;
        _daemon.Refuse = (stream, seq) => stream == "a" && seq == 3 && refusals-- > 0 ? code : ErrorCode.None;
        Publish(10, "a", "b");
        Assert.Equal((20L, 0), (_publisher.Counts.Acknowledged, _publisher.Waiting));
        Assert.Equal(Numbers(1, 10), _daemon.Stepped("a"));
        Assert.Equal(Numbers(1, 10), _daemon.Stepped("b"));
        Assert.Equal(
            Enumerable.Repeat(("a", 3UL, code), 3), _refused.Select(static r => (r.Stream, r.Seq, r.Code)));
        // What was on its way when the tick was refused is answered before the tick goes again.
        int first = _daemon.Received.FindIndex(static tick => tick == ("a", 3UL));
        IEnumerable<ulong> later = _daemon.Received[first..].Where(static tick => tick.Stream == "a")
            .Select(static tick => tick.Seq).SkipWhile(static (seq, i) => i == 0 || seq != 3);
        Assert.Equal([3UL, 3, 3, .. Numbers(4, 10)], later);
        Assert.Equal(1, _publisher.Counts.Connections);
    }

    [Fact]
    public void Replies_that_do_not_come_are_asked_for_by_a_new_socket()
    {
        int silent = 0;
        _daemon.Silent = () => ++silent is 3 or 4;
        Publish(20, "a");
        Assert.Equal(Numbers(1, 20), _daemon.Stepped("a"));
        Assert.Equal((20L, 2L), (_publisher.Counts.Acknowledged, _publisher.Counts.Connections));
        Assert.True(_publisher.Counts.Confirmed > 0, "stepped, though the acknowledgement did not come");
        Assert.Equal(2, _daemon.Peers);
        Assert.Equal(20, _daemon.Received.Count);
    }

    [Fact]
    public void Another_epoch_in_an_acknowledgement_asks_what_the_daemon_has()
    {
        Publish(5, "a");
        _daemon.ChangeEpoch();
        Publish(5, "a", first: 6);
        Assert.Equal(Numbers(1, 10), _daemon.Stepped("a"));
        Assert.Empty(_lost);
        Assert.Equal(2, _publisher.Counts.Connections);
    }

    [Fact]
    public void What_the_daemon_no_longer_has_is_told()
    {
        Publish(5, "a", "b");
        _daemon.Forget("a", 3);
        _daemon.Drop();
        Publish(1, "b", first: 6);
        Assert.Equal([new TicksLost("a", 4, 5, _publisher.Epoch)], _lost);
        Assert.Equal(2, _publisher.Counts.Lost);
        Assert.Equal((3UL, 6UL), (_publisher.Acknowledged("a"), _publisher.Acknowledged("b")));
    }

    [Fact]
    public void A_message_refused_as_a_whole_is_told_tick_by_tick()
    {
        _daemon.Fault = ErrorCode.TooLarge;
        Publish(6, "a");
        Assert.Equal(
            Numbers(1, 6).Select(static seq => (seq, ErrorCode.TooLarge)),
            _rejected.Select(static failure => (failure.Seq, failure.Code)));
        Assert.Equal((0L, 6L, 0), (_publisher.Counts.Acknowledged, _publisher.Counts.Rejected, _publisher.Waiting));
    }

    [Fact]
    public void An_acknowledgement_of_another_number_of_ticks_is_not_taken()
    {
        bool once = true;
        _daemon.Miscount = () => once && !(once = false);
        Publish(12, "a");
        Assert.Equal(Numbers(1, 12), _daemon.Stepped("a"));
        Assert.Equal(2, _publisher.Counts.Connections);
    }

    [Fact]
    public void A_full_window_takes_nothing_and_says_so_in_the_end()
    {
        _daemon.Silent = static () => true;
        for (ulong seq = 1; seq <= 50; seq++)
            Assert.True(_publisher.TryPublish("a", [1], seq));
        Assert.False(_publisher.TryPublish("a", [1], 51));
        Assert.Equal((50, 50L), (_publisher.Waiting, _publisher.Counts.Published));
        var error = Assert.Throws<TimeoutException>(() => _publisher.Publish("a", [1], 51));
        Assert.Contains(_daemon.Endpoint, error.Message, StringComparison.Ordinal);
        _daemon.Silent = static () => false;
        Assert.True(_publisher.Flush(Patience));
        Assert.Equal(51UL, _publisher.Publish("a", [1]));
    }

    [Fact]
    public void The_window_is_bounded_in_bytes()
    {
        _daemon.Silent = static () => true;
        using var publisher = new ReliablePublisher(Options with { WindowBytes = 1000 });
        int taken = 0;
        while (publisher.TryPublish("a", new double[10], (ulong)taken + 1))
            taken++;
        Assert.InRange(taken, 8, 10);
    }

    [Fact]
    public void What_no_daemon_could_take_is_refused_at_once()
    {
        _publisher.Publish("a", [1], 5);
        Assert.Throws<ArgumentException>(() => _publisher.Publish("a", [1], 5));
        Assert.Throws<ArgumentException>(() => _publisher.Publish("a", [double.PositiveInfinity], 6));
        Assert.Throws<ArgumentException>(() => _publisher.Publish("a", [1e101], 6));
        Assert.Throws<ArgumentException>(() => _publisher.Publish("a", [], 6));
        Assert.Throws<ArgumentException>(() => _publisher.Publish("a", new double[200_000], 6));
        Assert.Throws<ArgumentException>(() => _publisher.Publish("", [1], 6));
        Assert.Throws<ArgumentException>(() => _publisher.Publish("a\n", [1], 6));
        Assert.True(_publisher.TryPublish("a", [double.NaN], 6));
    }

    [Fact]
    public void A_daemon_that_is_not_there_is_waited_for()
    {
        string endpoint = _daemon.Endpoint;
        _daemon.Dispose();
        _publisher.TryPublish("a", [1], 1);
        Assert.False(_publisher.Flush(TimeSpan.FromMilliseconds(300)));
        Assert.Contains(endpoint, _publisher.LastTrouble, StringComparison.Ordinal);
        using var later = new PlayedDaemon(endpoint);
        Assert.True(_publisher.Flush(Patience));
        Assert.Equal([1UL], later.Stepped("a"));
    }

    [Fact]
    public void A_caller_that_throws_when_told_leaves_nothing_out()
    {
        _publisher.Refused += static _ => throw new InvalidDataException("by the test");
        bool once = true;
        _daemon.Refuse = (_, seq) => seq == 2 && once && !(once = false) ? ErrorCode.NotDurable : ErrorCode.None;
        Assert.Throws<InvalidDataException>(() => Publish(6, "a"));
        Publish(0, "a");
        Assert.Equal(_publisher.Counts.Published, _daemon.Stepped("a").Count);
    }

    private static ulong[] Numbers(int first, int last) =>
        [.. Enumerable.Range(first, last - first + 1).Select(static number => (ulong)number)];

    private void Publish(int ticks, params string[] streams) => Publish(ticks, streams, 1);

    private void Publish(int ticks, string stream, ulong first) => Publish(ticks, [stream], first);

    private void Publish(int ticks, string[] streams, ulong first)
    {
        for (ulong seq = first; seq < first + (ulong)ticks; seq++)
        {
            foreach (string stream in streams)
                Assert.True(_publisher.TryPublish(stream, [seq], seq));
        }
        long start = Stopwatch.GetTimestamp();
        while (!_publisher.Flush(TimeSpan.FromMilliseconds(50)))
            Assert.True(Stopwatch.GetElapsedTime(start) < Patience, _publisher.LastTrouble);
    }
}
