using Realtime.EndToEnd.Tests.Harness;
using Realtime.Protocol;

namespace Realtime.EndToEnd.Tests;

/// <summary>The reliable publisher against the real daemon, in memory: whatever happens on the way, each tick is
/// stepped once.</summary>
public sealed class ReliabilityTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public void A_wire_that_breaks_and_loses_acknowledgements_loses_and_repeats_no_tick(int seed, bool reply)
    {
        const int Breaks = 60;
        using var daemon = new RestartableDaemon(tcp: true);
        daemon.Start();
        using var client = daemon.Connect();
        using var wire = new BreakingWire(daemon.Port, Breaks, seed);
        using var publisher = new ReliablePublisher(new()
        {
            Requests = wire.Endpoint,
            Reply = reply,
            WindowTicks = 1000,
            BatchTicks = 40,
            ReplyTimeout = TimeSpan.FromMilliseconds(500),
            ReconnectDelay = TimeSpan.FromMilliseconds(10),
        });
        var predicted = new HashSet<(string, ulong)>();
        publisher.Predicted += prediction => Assert.True(predicted.Add((prediction.Stream, prediction.Seq)));
        var load = new SensorLoad(15);
        Publish(publisher, load, () => wire.Broken < Breaks);

        var counts = CheckOnce(publisher, client, load);
        Assert.True(counts.Connections >= Breaks / 4, $"a wire that breaks: {counts}");
        Assert.True(counts.Confirmed + counts.Duplicates > 0, $"acknowledgements that got lost: {counts}");
        Assert.Equal(reply ? counts.Published - counts.PredictionsMissed : 0, predicted.Count);
        Assert.True(counts.PredictionsMissed <= counts.Confirmed + counts.Duplicates, $"{counts}");
        Assert.Equal(0, counts.Lost);
    }

    [Fact]
    public async Task A_daemon_that_stops_for_a_while_gets_each_tick_once()
    {
        using var daemon = new RestartableDaemon();
        daemon.Start();
        using var client = daemon.Connect();
        using var publisher = new ReliablePublisher(new()
        {
            Requests = daemon.Requests,
            WindowTicks = 2000,
            ReplyTimeout = TimeSpan.FromMilliseconds(150),
            DelayMaximum = TimeSpan.FromMilliseconds(100),
        });
        var load = new SensorLoad(10);
        var random = new Random(3);
        for (var halt = 0; halt < 6; halt++)
        {
            var end = DateTime.UtcNow + TimeSpan.FromMilliseconds(random.Next(20, 150));
            Publish(publisher, load, () => DateTime.UtcNow < end);
            daemon.Signal(RestartableDaemon.Halt);
            var resume = Task.Run(async () =>
            {
                await Task.Delay(random.Next(200, 700));
                daemon.Signal(RestartableDaemon.Continue);
            });
            Publish(publisher, load, () => !resume.IsCompleted);
            await resume;
        }

        var counts = CheckOnce(publisher, client, load);
        Assert.True(counts.Connections > 6, $"every halt is noticed: {counts}");
    }

    [Fact]
    public async Task A_daemon_killed_without_a_journal_is_found_to_have_lost_what_it_acknowledged()
    {
        using var daemon = new RestartableDaemon();
        daemon.Start();
        using var publisher = new ReliablePublisher(new()
        {
            Requests = daemon.Requests,
            WindowTicks = 500,
            ReconnectDelay = TimeSpan.FromMilliseconds(20),
            DelayMaximum = TimeSpan.FromMilliseconds(100),
        });
        var load = new SensorLoad(8);
        var lost = load.Names.ToDictionary(static name => name, static _ => 0UL);
        long told = 0;
        publisher.Lost += report =>
        {
            Assert.Equal(lost[report.Stream] + 1, report.From);
            lost[report.Stream] = report.To;
            told += (long)(report.To - report.From) + 1;
        };
        var random = new Random(4);
        for (var kill = 0; kill < 4; kill++)
        {
            var target = publisher.Counts.Acknowledged + random.Next(1, 4000);
            Publish(publisher, load, () => publisher.Counts.Acknowledged < target);
            await daemon.KillAsync();
            daemon.Start();
        }

        Publish(publisher, load, () => publisher.Counts.Connections < 5);
        Assert.True(publisher.Flush(Patience), $"{publisher.Waiting} ticks wait; {publisher.LastTrouble}");
        Assert.Equal(told, publisher.Counts.Lost);
        Assert.True(told > 0, "what was acknowledged is lost with the process");
        using var client = daemon.Connect();
        for (var i = 0; i < load.Names.Length; i++)
        {
            var state = StreamStates.Of(client, load.Names[i]);
            Assert.Equal(load.Last(i), state["seq"].AsUInt64());
            Assert.Equal(load.Last(i) - lost[load.Names[i]], state["counts"]["stepped"].AsUInt64());
        }

        RestartableDaemon.CheckAccounts(client);
    }

    [Fact]
    public void A_stream_refused_by_a_full_table_waits_in_order_while_the_others_go_on()
    {
        using var daemon = new RestartableDaemon(
            new() { ["streams"] = new System.Text.Json.Nodes.JsonObject { ["max"] = 4 } });
        daemon.Start();
        using var client = daemon.Connect();
        using var publisher = new ReliablePublisher(new()
        {
            Requests = daemon.Requests,
            BatchTicks = 7,
            RetryDelay = TimeSpan.FromMilliseconds(10),
            DelayMaximum = TimeSpan.FromMilliseconds(50),
        });
        var refused = new List<TickFailure>();
        publisher.Refused += refused.Add;
        var load = new SensorLoad(5);
        for (var i = 0; i < 500; i++)
            Assert.True(load.TryPublish(publisher));
        Assert.False(publisher.Flush(TimeSpan.FromMilliseconds(400)));
        Assert.Equal((400, 100), (publisher.Counts.Acknowledged, publisher.Waiting));
        Assert.All(refused, failure =>
            Assert.Equal(("load/4", 1UL, ErrorCode.Refused), (failure.Stream, failure.Seq, failure.Code)));
        Assert.InRange(refused.Count, 2, 40);

        Assert.Equal(1, client.Request("forget", "stream", "load/0")["count"].AsInt64());
        Assert.True(publisher.Flush(Patience), $"{publisher.Waiting} ticks wait");
        var state = StreamStates.Of(client, "load/4");
        Assert.Equal((1UL, 100UL, 100UL, 0), (
            state["first"].AsUInt64(), state["seq"].AsUInt64(), state["counts"]["stepped"].AsUInt64(),
            state["gaps"].Items.Count));
        RestartableDaemon.CheckAccounts(client);
    }

    [Fact]
    public void A_rejected_tick_is_told_and_not_sent_again()
    {
        using var daemon = new RestartableDaemon();
        daemon.Start();
        using var client = daemon.Connect();
        using var publisher = new ReliablePublisher(new() { Requests = daemon.Requests, Reply = true });
        var rejected = new List<TickFailure>();
        var predicted = new List<ulong>();
        publisher.Rejected += rejected.Add;
        publisher.Predicted += prediction => predicted.Add(prediction.Seq);
        for (var i = 1; i <= 5; i++)
            publisher.Publish("s", i == 3 ? [1, 2] : [1]);
        Assert.True(publisher.Flush(Patience));
        var failure = Assert.Single(rejected);
        Assert.Equal(("s", 3UL, ErrorCode.Shape), (failure.Stream, failure.Seq, failure.Code));
        Assert.Equal([1UL, 2, 4, 5], predicted);
        Assert.Equal((4L, 1L), (publisher.Counts.Acknowledged, publisher.Counts.Rejected));
    }

    [Fact]
    public void A_publisher_without_numbers_goes_on_where_the_last_one_stopped()
    {
        using var daemon = new RestartableDaemon();
        daemon.Start();
        for (ulong first = 1; first <= 21; first += 10)
        {
            using var publisher = new ReliablePublisher(new() { Requests = daemon.Requests });
            for (ulong i = 0; i < 10; i++)
                Assert.Equal(first + i, publisher.Publish("counted", [i]));
            Assert.True(publisher.Flush(Patience));
        }

        using var client = daemon.Connect();
        Assert.Equal(30UL, RestartableDaemon.LastOf(client, ["counted"])["counted"]);
        Assert.Equal(30, RestartableDaemon.CheckAccounts(client)["stepped"].AsInt64());
    }

    private static void Publish(ReliablePublisher publisher, SensorLoad load, Func<bool> goOn)
    {
        var end = DateTime.UtcNow + Patience;
        while (goOn())
        {
            Assert.True(DateTime.UtcNow < end, $"{publisher.Counts}; {publisher.LastTrouble}");
            for (var i = 0; i < 50 && load.TryPublish(publisher); i++)
            {
            }

            publisher.Poll(TimeSpan.FromMilliseconds(5));
        }
    }

    /// <summary>Every tick acknowledged and stepped once: the state is that of a daemon that nothing happened to.
    /// </summary>
    private static PublisherCounts CheckOnce(ReliablePublisher publisher, RealtimeClient client, SensorLoad load)
    {
        Assert.True(publisher.Flush(Patience), $"{publisher.Waiting} ticks wait; {publisher.LastTrouble}");
        var counts = publisher.Counts;
        Assert.Equal((counts.Published, 0L, 0L), (counts.Acknowledged, counts.Rejected, counts.Lost));
        Assert.Equal(counts.Published, RestartableDaemon.CheckAccounts(client)["stepped"].AsInt64());
        var last = RestartableDaemon.LastOf(client, load.Names);
        for (var i = 0; i < load.Names.Length; i++)
            Assert.Equal(load.Last(i), last[load.Names[i]]);

        using var calm = new RestartableDaemon();
        calm.Start();
        using var other = calm.Connect();
        load.Repeat(other, withPredictions: false);
        StreamStates.CheckEqual(other, client, load.Names);
        return counts;
    }
}
