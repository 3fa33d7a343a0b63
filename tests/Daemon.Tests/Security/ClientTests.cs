using System.Text;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Access;
using Realtime.Daemon.Tests.Simulation;
using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Tests.Security;

/// <summary>What a key allows, in the loop.</summary>
public sealed class ClientTests : IDisposable
{
    private readonly SimulatedDaemon _daemon = new();

    public void Dispose()
    {
        _daemon.AssertBalanced();
        _daemon.Dispose();
    }

    [Fact]
    public void What_is_refused_for_the_rate_leaves_no_trace_in_the_world()
    {
        var client = Client(rate: 2);
        using var without = new SimulatedDaemon();
        without.Take(Pack.Tick("a", 1, 1), Pack.Tick("a", 2, 2));
        var reply = Ask(client, Pack.Batch([.. Enumerable.Range(1, 5).Select(i => Pack.Tick("a", i, (ulong)i))]));
        Assert.Equal(
            [(2, ErrorCode.Refused), (3, ErrorCode.NotNext), (4, ErrorCode.NotNext)], Read.Errors(reply));
        Assert.Equal("c may send 2 ticks per second", reply["errors"].Items[0]["detail"].AsString());
        Assert.Equal(without.StatesDigest(), _daemon.StatesDigest());
        Assert.Equal(0, _daemon.World.Refused.Count);
        Assert.False(_daemon.World.Streams[0].Order.IsOwed);
        Assert.Equal((1L, 1L, 5L), (_daemon.World.Limits.Rate, client.RefusedForRate, client.Received));
    }

    [Fact]
    public void A_refused_tick_is_waited_for_and_tokens_come_by_the_worlds_clock()
    {
        var client = Client(rate: 1);
        Assert.Empty(Read.Errors(Ask(client, Pack.Tick("a", 1, 1))));
        Assert.Equal([(0, ErrorCode.Refused)], Read.Errors(Ask(client, Pack.Tick("a", 1, 2))));
        _daemon.Clock.UtcNanoseconds += 1_000_000_000;
        Assert.Equal([(0, ErrorCode.NotNext)], Read.Errors(Ask(client, Pack.Tick("a", 1, 3))));
        Assert.Empty(Read.Errors(Ask(client, Pack.Tick("a", 1, 2))));
        _daemon.Clock.UtcNanoseconds += 1_000_000_000;
        Assert.Empty(Read.Errors(Ask(client, Pack.Tick("a", 1, 3))));
    }

    [Fact]
    public void What_another_brought_past_the_refused_tick_ends_the_waiting()
    {
        var client = Client(rate: 1);
        Ask(client, Pack.Tick("a", 1, 1));
        Ask(client, Pack.Tick("a", 1, 2));
        _daemon.Take(Pack.Tick("a", 1, 2));
        _daemon.Clock.UtcNanoseconds += 1_000_000_000;
        Assert.Empty(Read.Errors(Ask(client, Pack.Tick("a", 1, 3))));
        Assert.Equal([(0, ErrorCode.Refused)], Read.Errors(Ask(client, Pack.Tick("a", 1, 4))));
        _daemon.Clock.UtcNanoseconds += 1_000_000_000;
        Assert.Empty(Read.Errors(Ask(client, Pack.Tick("a", 1, 9, run: 5))));
    }

    [Fact]
    public void A_flood_on_ingest_is_counted_tick_by_tick_and_takes_more_room_than_it_has_messages()
    {
        var client = Client(rate: 1);
        var batch = Pack.Batch([.. Enumerable.Range(0, 10).Select(_ => Pack.Tick("a", 1))]);
        for (var i = 0; i < 5; i++)
            _daemon.Send(new SimulatedMessage(Origin.Ingest, batch) { Client = client });
        _daemon.Run();
        Assert.Equal((50L, 1L, 49L), (_daemon.Counters.Received, _daemon.Counters.Stepped, _daemon.Counters.Refused));
        Assert.Equal(49, _daemon.Counters.RefusedBy((int)ErrorCode.Refused));
        var inbox = new Inbox(1000, 2000);
        for (; !inbox.IsFull; inbox.Add(new Message { Client = client, LargestFrame = 80 }))
        {
        }

        Assert.Equal((4, true), (inbox.Count, inbox.IsOverRate));
        inbox.Clear();
        inbox.Add(default);
        Assert.False(inbox.IsOverRate);
    }

    [Fact]
    public void Streams_of_others_are_neither_stepped_nor_told_about()
    {
        var client = Client(streams: ["pump/*"]);
        _daemon.Take(Pack.Tick("fan/1", 1, 1), Pack.Tick("pump/1", 1, 1));
        var state = _daemon.State("fan/1");
        Assert.Equal([(0, ErrorCode.NotAllowed)], Read.Errors(Ask(client, Pack.Tick("fan/1", 2, 2))));
        Assert.Equal([(0, ErrorCode.NotAllowed)], Read.Errors(Ask(client, Pack.Tick("new", 2))));
        Assert.Equal(state, _daemon.State("fan/1"));
        Assert.Equal(2, _daemon.World.Streams.Count);
        foreach (var op in new[]
        {
            Pack.Op("state.get", ("stream", "fan/1")),
            Pack.Op("last", ("streams", new object?[] { "pump/1", "fan/1" })),
            Pack.Op("hello", ("streams", new object?[] { "fan/1" })), Pack.Op("last", ("stream", "fan/1")),
            Pack.Op("forecast", ("streams", new object?[] { "fan/1" }), ("steps", 2)),
            Pack.Op("forecast", ("stream", "fan/1"), ("steps", 2)),
        })
            Assert.Equal(ErrorCode.NotAllowed, Read.Error(Ask(client, op)));
        var listed = Ask(client, Pack.Op("streams"))["streams"].Items;
        Assert.Equal("pump/1", Assert.Single(listed)["stream"].AsString());
        Assert.Equal(8, client.NotAllowed);
    }

    [Fact]
    public void Who_may_send_to_no_stream_sends_to_none()
    {
        Assert.Equal([(0, ErrorCode.NotAllowed)], Read.Errors(Ask(Client(streams: []), Pack.Tick("a", 1))));
        Assert.Equal(0, _daemon.World.Streams.Count);
    }

    [Theory]
    [InlineData("reset")]
    [InlineData("forget")]
    [InlineData("state.put")]
    [InlineData("snapshot")]
    [InlineData("reload")]
    public void Who_may_not_control_changes_nothing(string op)
    {
        _daemon.Take(Pack.Tick("a", 1, 1));
        var digest = _daemon.StatesDigest();
        Assert.Equal(ErrorCode.NotAllowed, Read.Error(Ask(Client(), Pack.Op(op, ("stream", "a")))));
        Assert.Equal((1, digest), (_daemon.World.Streams.Count, _daemon.StatesDigest()));
    }

    [Fact]
    public void Who_may_control_does_so_with_its_own_streams_alone()
    {
        var client = Client(streams: ["pump/*"], mayControl: true);
        _daemon.Take(Pack.Tick("fan/1", 1, 1), Pack.Tick("pump/1", 1, 1), Pack.Tick("pump/2", 1, 1));
        var foreign = Read.Entry(_daemon.AskBytes(Pack.Op("state.get", ("stream", "fan/1"))), "state")!;
        Assert.Equal(ErrorCode.NotAllowed, Read.Error(Ask(client, Pack.Op("forget", ("stream", "fan/1")))));
        Assert.Equal(
            ErrorCode.NotAllowed, Read.Error(Ask(client, Pack.Op("state.put", ("state", new Raw(foreign))))));
        Assert.Equal(2, Ask(client, Pack.Op("forget", ("prefix", "")))["count"].AsInt64());
        Assert.Equal("fan/1", Encoding.UTF8.GetString(Assert.Single(_daemon.World.Streams.NamesFrom([]))));
    }

    [Fact]
    public void A_key_that_was_taken_back_gets_no_answer()
    {
        var table = new ClientTable([Rights("c", ["*"], null, true)], 0);
        var client = table.Find("c"u8);
        Assert.Same(client, table.Find("c"u8));
        Assert.True(table.Find("d"u8).IsRevoked);
        Assert.True(table.Find([]).IsRevoked);
        _ = new ClientTable([Rights("d", ["*"], null, true)], 0, table);
        _daemon.Send(new SimulatedMessage(Origin.Request, Pack.Tick("a", 1)) { Client = client });
        _daemon.Send(new SimulatedMessage(Origin.Request, Pack.Op("forget", ("prefix", ""))) { Client = client });
        _daemon.Run();
        Assert.Empty(_daemon.Sink.Replies);
        Assert.Equal((2L, 2L), (_daemon.Counters.Received, _daemon.Counters.RejectedBy((int)ErrorCode.NotAllowed)));
    }

    [Fact]
    public void A_reload_that_leaves_a_clients_rights_leaves_its_rate_and_counts()
    {
        var table = new ClientTable([Rights("c", ["*"], 1, false)], 0);
        var client = table.Find("c"u8);
        Assert.True(client.TryTake(0));
        client.Received = 3;
        var same = new ClientTable([Rights("c", ["*"], 1, false), Rights("d", ["*"], 1, false)], 0, table).Find("c"u8);
        Assert.False(same.TryTake(0));
        var other = new ClientTable([Rights("c", ["*"], 2, false)], 0, table).Find("c"u8);
        Assert.Equal((3L, true), (other.Received, other.TryTake(0)));
    }

    [Fact]
    public void Finding_a_client_allocates_nothing()
    {
        var table = new ClientTable([Rights("one", ["*"], 1, false), Rights("two", ["*"], 1, false)], 0);
        table.Find("one"u8);
        table.Find("two"u8);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            table.Find("one"u8);
            table.Find("two"u8);
            table.Find("none"u8);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static ClientRights Rights(string name, string[] streams, int? rate, bool mayControl) =>
        new(name, streams, [.. streams.Select(static one => one.TrimEnd('*'))], rate, mayControl);

    private Client Client(string[]? streams = null, int? rate = null, bool mayControl = false) =>
        new(Rights("c", streams ?? ["*"], rate, mayControl), _daemon.Clock.UtcNanoseconds);

    private MessagePackValue Ask(Client client, byte[] payload)
    {
        _daemon.Send(new SimulatedMessage(Origin.Request, payload) { Client = client });
        _daemon.Run();
        return Read.Value(_daemon.Sink.Replies[^1].Payload);
    }
}
