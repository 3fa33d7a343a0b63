using Realtime.Daemon.Bench;
using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Tests.Bench;

public sealed class TickFeedTests
{
    [Fact]
    public void Due_OverManySeconds_NeverDriftsFromTheRate()
    {
        var pace = new Pace(1000, 3);
        Assert.Equal(1000, pace.Due(0));
        Assert.Equal(1000 + 333_333_333, pace.Due(1));
        Assert.Equal(1000 + 1_000_000_000, pace.Due(3));
        Assert.Equal(1000 + 1_000_000_000L * 1_000_000, pace.Due(3_000_000));
    }

    [Theory]
    [InlineData(TickForm.Map)]
    [InlineData(TickForm.MapWithReply)]
    [InlineData(TickForm.Array)]
    public void Tick_IsAWellFormedTickOfItsStreamInOrder(TickForm form)
    {
        var feed = new TickFeed("bench/", 12, 2, form);
        Assert.Equal(Read(feed, 5).Seq + 1, Read(feed, 12 + 5).Seq);
        for (var tick = 0; tick < 40; tick++)
        {
            var (stream, _, values, reply) = Read(feed, tick);
            Assert.Equal(feed.NameOf(tick % 12), stream);
            Assert.Equal(form == TickForm.MapWithReply, reply);
            Assert.All(values, static value => Assert.InRange(value, 20, 22));
        }
    }

    [Fact]
    public void NumberOf_AnEchoedTick_IsItsNumber()
    {
        var feed = new TickFeed("bench/", 7, 1, TickForm.MapWithReply);
        for (var tick = 0L; tick < 100; tick++)
            Assert.Equal(tick, feed.NumberOf([.. feed.Tick(tick), 0, 0, 0]));
    }

    [Fact]
    public void NumberOf_ReplyOrPredictionOfTheDaemon_IsTheTicksNumber()
    {
        var feed = new TickFeed("bench/", 7, 1, TickForm.MapWithReply);
        using var daemon = new Simulation.SimulatedDaemon();
        for (var tick = 0L; tick < 20; tick++)
        {
            Assert.Equal(tick, feed.NumberOf(daemon.AskBytes(feed.Tick(tick).ToArray())));
            Assert.Equal(tick, feed.NumberOf(daemon.Sink.Predictions.Last().Payload));
        }
    }

    [Fact]
    public void NumberOf_SomethingElse_IsNone()
    {
        var feed = new TickFeed("bench/", 7, 1, TickForm.Map);
        Assert.Equal(-1, feed.NumberOf([]));
        Assert.Equal(-1, feed.NumberOf(new TickFeed("other/", 7, 1, TickForm.Map).Tick(3)));
        Assert.Equal(-1, feed.NumberOf([0x81, 0xA5, .. "error"u8, 0x80]));
    }

    private static (string Stream, ulong Seq, double[] Values, bool Reply) Read(TickFeed feed, long number)
    {
        var payload = feed.Tick(number);
        var header = TickReader.ReadHeader(payload);
        Assert.Equal(PayloadKind.Tick, header.Kind);
        var cursor = header.Cursor;
        Assert.True(TickReader.TryReadTick(payload, ref cursor, out var tick, out var fault), fault);
        var values = new double[2];
        Assert.Equal(0, TickReader.ReadValues(payload, tick.Values, new InputNames(["a", "b"]), values, out _));
        var name = payload.Slice(tick.Stream.Offset, tick.Stream.Length);
        return (System.Text.Encoding.UTF8.GetString(name), tick.Seq, values, tick.Reply);
    }
}
