using System.Text;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Tests.Simulation;
using Realtime.Protocol;

namespace Realtime.Daemon.Tests.Frames;

public sealed class AdmissionTests
{
    [Fact]
    public void A_full_table_refuses_and_holds_back_what_comes_behind_until_the_owed_seq_comes()
    {
        using var daemon = new SimulatedDaemon(SimulatedDaemon.Options(streamsMax: 2));
        daemon.Take(Pack.Tick("a", 1, 1), Pack.Tick("b", 1, 1));
        var reply = daemon.Ask(Pack.Batch([Pack.Tick("c", 1, 7), Pack.Tick("c", 1, 8), Pack.Tick("a", 1, 2)]));
        Assert.Equal([(0, ErrorCode.Refused), (1, ErrorCode.NotNext)], Read.Errors(reply));
        Assert.Equal("2 streams, streams.max is 2", reply["errors"].Items[0]["detail"].AsString());
        Assert.Equal("seq 7 expected", reply["errors"].Items[1]["detail"].AsString());
        Assert.Equal((1UL, 2UL), (reply["ack"]["accepted"].AsUInt64(), reply["ack"]["refused"].AsUInt64()));

        daemon.Ask(Pack.Op("forget", ("stream", "b")));
        reply = daemon.Ask(Pack.Batch([Pack.Tick("c", 1, 8), Pack.Tick("c", 1, 7), Pack.Tick("c", 1, 8)]));
        Assert.Equal([(0, ErrorCode.NotNext)], Read.Errors(reply));
        Assert.Equal(2UL, reply["ack"]["accepted"].AsUInt64());
        Assert.Empty(Read.Errors(daemon.Ask(Pack.Tick("c", 1, 9))));
    }

    [Fact]
    public void What_is_refused_by_ingest_holds_nothing_back()
    {
        using var daemon = new SimulatedDaemon(SimulatedDaemon.Options(streamsMax: 1));
        daemon.Take(Pack.Tick("a", 1, 1), Pack.Tick("c", 1, 7));
        Assert.Equal(1, daemon.Counters.RefusedBy((int)ErrorCode.Refused));
        Assert.Equal(0, daemon.World.Refused.Count);
        daemon.Ask(Pack.Op("forget", ("stream", "a")));
        Assert.Empty(Read.Errors(daemon.Ask(Pack.Tick("c", 1, 8))));
    }

    [Fact]
    public void Memory_at_its_limit_refuses_the_next_stream_with_both_numbers()
    {
        using var unlimited = new SimulatedDaemon();
        unlimited.Take(Pack.Tick("a", 1));
        var one = unlimited.World.Bytes;
        using var daemon = new SimulatedDaemon(SimulatedDaemon.Options(memory: one));
        var reply = daemon.Ask(Pack.Batch([Pack.Tick("a", 1), Pack.Tick("b", 1)]));
        Assert.Equal([(1, ErrorCode.Refused)], Read.Errors(reply));
        Assert.Equal(
            $"{one} bytes held, 160 more needed, limits.memory is {one}",
            reply["errors"].Items[0]["detail"].AsString());
        Assert.True(daemon.World.Bytes <= one);
        Assert.Equal(1, daemon.World.Streams.Count);
    }

    [Fact]
    public void A_tick_that_is_rejected_makes_no_row()
    {
        using var daemon = new SimulatedDaemon(models: [("s/*", SmallModels.Gru())]);
        daemon.Take(
            Pack.Tick("s/1", "x", 1), Pack.Tick("s/1", double.PositiveInfinity, 1), Pack.Tick("t", 1, 1),
            Pack.Tick("s/1", new[] { 1.0, 2 }, 1));
        Assert.Equal((0, 4), (daemon.World.Streams.Count, daemon.Counters.Rejected));
        Assert.Equal(
            [1L, 1, 2],
            new[] { ErrorCode.Malformed, ErrorCode.UnknownStream, ErrorCode.Shape }.Select(
                code => daemon.Counters.RejectedBy((int)code)));
    }

    [Fact]
    public void A_row_that_is_used_again_starts_anew()
    {
        using var daemon = new SimulatedDaemon();
        using var fresh = new SimulatedDaemon();
        daemon.Take(Pack.Tick("old", 9, 5, run: 3), Pack.Tick("old", 8, 9));
        daemon.Ask(Pack.Op("forget", ("stream", "old")));
        daemon.Take(Pack.Tick("new", 1, 1));
        fresh.Take(Pack.Tick("new", 1, 1));
        Assert.Equal(1, daemon.World.Streams.End);
        Assert.Equal(fresh.State("new"), daemon.State("new"));
    }

    [Fact]
    public void Refused_streams_are_bounded_and_the_one_refused_longest_ago_goes_first()
    {
        var refused = new RefusedStreams(3);
        foreach (var name in new[] { "a", "b", "c", "d" })
            refused.Owe(Utf8(name), 5);
        Assert.Equal(3, refused.Count);
        Assert.Null(refused.Owed("a"u8));
        refused.Owe("b"u8, 9);
        Assert.Equal(5UL, refused.Owed("b"u8));
        refused.Owe("b"u8, 2);
        Assert.Equal(2UL, refused.Owed("b"u8));
        // Settled and refused anew: now it is the youngest.
        refused.Settle("b"u8);
        refused.Owe("b"u8, 7);
        refused.Owe("e"u8, 1);
        Assert.Null(refused.Owed("c"u8));
        Assert.Equal((7UL, 5UL, 1UL), (refused.Owed("b"u8), refused.Owed("d"u8), refused.Owed("e"u8)));
    }

    [Fact]
    public void Refused_streams_that_come_and_go_leave_nothing_behind()
    {
        var refused = new RefusedStreams(10);
        refused.Owe("kept"u8, 1);
        for (var i = 0; i < 10_000; i++)
        {
            refused.Owe(Utf8($"s{i}"), 5);
            refused.Settle(Utf8($"s{i}"));
        }

        Assert.Equal(1, refused.Count);
        Assert.Equal(1UL, refused.Owed("kept"u8));
        var queue = typeof(RefusedStreams)
            .GetFields(System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance)
            .Select(field => field.GetValue(refused)).OfType<Queue<(string, long)>>().Single();
        Assert.InRange(queue.Count, 1, 21);
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
