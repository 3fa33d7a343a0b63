using Realtime.Daemon.Frames.Requests;
using Realtime.Daemon.Tests.Simulation;
using Realtime.Protocol;

namespace Realtime.Daemon.Tests.Requests;

public sealed class RequestDeskTests
{
    [Fact]
    public void Hello_tells_the_daemon_and_where_streams_stand()
    {
        using var daemon = new SimulatedDaemon();
        daemon.Take(Pack.Tick("s", 1, 41), Pack.Tick(17, 1, 5));
        var reply = daemon.Ask(Pack.Op("hello", ("streams", new object?[] { "s", 17, "none" })));
        Assert.Equal(
            "{\"epoch\":7,\"version\":\"1.2.3\",\"protocol\":1,\"limits\":{\"frame\":1000},"
            + "\"streams\":{\"s\":41,\"17\":5,\"none\":null}}",
            reply.ToString());
        Assert.Empty(daemon.Ask(Pack.Op("hello"))["streams"].Entries);
    }

    [Fact]
    public void Describe_tells_every_model()
    {
        using var daemon = new SimulatedDaemon(models: HostileInput.Models);
        daemon.Take(Pack.Tick("b/1", new[] { 1.0, 2 }));
        var reply = daemon.Ask(Pack.Op("describe"));
        Assert.Equal(("cpu", "any"), (reply["engine"].AsString(), reply["kernel"].AsString()));
        var models = reply["models"].Items;
        Assert.Equal(HostileInput.Models.Count, models.Count);
        Assert.Equal("[\"a\",\"b\"]", models[1]["inputs"].ToString());
        Assert.Equal("[1,4]", models[1]["horizons"].ToString());
        Assert.Equal("[0.1,0.9]", models[1]["quantiles"].ToString());
        Assert.Equal("[\"b/*\"]", models[1]["patterns"].ToString());
        Assert.Equal(1, models[1]["streams"].AsInt64());
        Assert.Equal(HostileInput.Models[1].Model.Digest, models[1]["digest"].AsString());
        Assert.Equal("[\"ok\",\"bad\"]", models[2]["classes"].ToString());
    }

    [Fact]
    public void Streams_are_listed_in_the_order_of_their_names_page_by_page()
    {
        using var daemon = new SimulatedDaemon();
        foreach (var name in new[] { "b2", "a", "b10", "c", "b1" })
            daemon.Take(Pack.Tick(name, 1, 3));
        Assert.Equal("a b1 b10 b2 c", Listed(daemon, false));
        Assert.Equal("b1 b10 b2", Listed(daemon, false, ("prefix", "b")));
        Assert.Equal("b1 b10 …", Listed(daemon, true, ("prefix", "b"), ("limit", 2)));
        Assert.Equal("b2", Listed(daemon, false, ("prefix", "b"), ("limit", 2), ("after", "b10")));
        Assert.Equal("", Listed(daemon, false, ("prefix", "b"), ("after", "bz")));
        Assert.Equal("", Listed(daemon, false, ("prefix", "z")));
        Assert.Equal("c", Listed(daemon, false, ("after", "b2")));
        Assert.Equal("…", Listed(daemon, true, ("limit", 0)));
        var first = daemon.Ask(Pack.Op("streams"))["streams"].Items[0];
        Assert.Equal(("a", "model0", 3L), (
            first["stream"].AsString(), first["model"].AsString(), first["seq"].AsInt64()));
    }

    [Fact]
    public void Last_gives_what_was_published_and_nil_where_there_is_none()
    {
        using var daemon = new SimulatedDaemon();
        daemon.Take(Pack.Tick("s", 1, 1), Pack.Tick("s", 2, 2));
        var reply = daemon.AskBytes(Pack.Op("last", ("streams", new object?[] { "none", "s" })));
        var predictions = Read.Items(Read.Entry(reply, "predictions")!);
        Assert.Equal(Pack.Element(null), predictions[0]);
        Assert.Equal(daemon.Sink.Predictions.Last().Payload, predictions[1]);
        reply = daemon.AskBytes(Pack.Op("last", ("stream", "s")));
        Assert.Equal(predictions[1], Assert.Single(Read.Items(Read.Entry(reply, "predictions")!)));
    }

    [Fact]
    public void Last_of_more_streams_than_a_reply_holds_is_malformed()
    {
        using var daemon = new SimulatedDaemon();
        var names = new object?[RequestDesk.ListMax + 1];
        Array.Fill(names, "s");
        Assert.Equal(ErrorCode.Malformed, Read.Error(daemon.Ask(Pack.Op("last", ("streams", names)))));
        Assert.Equal(
            RequestDesk.ListMax, daemon.Ask(Pack.Op("last", ("streams", names[1..])))["predictions"].Items.Count);
    }

    [Fact]
    public void Stats_hold_the_accounting_with_its_reasons()
    {
        using var daemon = new SimulatedDaemon();
        daemon.Take(Pack.Tick("s", 1, 5), Pack.Tick("s", 1, 5), Pack.Tick("s", 1, 4), Pack.Tick("s", "x", 6), [0xc1]);
        daemon.Clock.UtcNanoseconds += SimulatedClock.Second / 2;
        var stats = daemon.Ask(Pack.Op("stats"));
        Assert.Equal(
            [7L, 5, 1, 1, 3, 0, 1, 1],
            new[] { "epoch", "received", "stepped", "duplicate", "rejected", "refused", "published", "streams" }
                .Select(key => stats[key].AsInt64()!.Value));
        Assert.Equal(0.5, stats["uptime"].AsDouble());
        Assert.Equal("{\"malformed\":1,\"shape\":1,\"too late\":1}", stats["reasons"].ToString());
        Assert.Equal(2, stats["events"]["rejected"].AsInt64());
        Assert.Equal("{\"ingest\":\"here\"}", stats["endpoints"].ToString());
        Assert.Equal(("cpu", "any"), (stats["engine"].AsString(), stats["kernel"].AsString()));
        Assert.True(stats["bytes"].AsInt64() > 4096);
    }

    [Theory]
    [InlineData("nonsense", "stream", "s", ErrorCode.Unsupported, "op nonsense")]
    [InlineData("snapshot", "stream", "s", ErrorCode.NotDurable, "state lives in memory only")]
    [InlineData("state.get", "stream", "none", ErrorCode.UnknownStream, "none")]
    [InlineData("state.get", "nothing", "s", ErrorCode.Malformed, "no stream")]
    [InlineData("state.get", "stream", "", ErrorCode.Malformed, "stream is of the wrong type")]
    [InlineData("state.put", "stream", "s", ErrorCode.Malformed, "no state")]
    [InlineData("state.put", "state", 5, ErrorCode.Malformed, "state is of the wrong type")]
    [InlineData("reset", "nothing", "s", ErrorCode.Malformed, "expected either a stream or a prefix")]
    [InlineData("forget", "prefix", 5, ErrorCode.Malformed, "prefix is of the wrong type")]
    [InlineData("streams", "limit", -1, ErrorCode.Malformed, "limit is of the wrong type")]
    [InlineData("streams", "after", 1.5, ErrorCode.Malformed, "after is of the wrong type")]
    [InlineData("last", "nothing", 1, ErrorCode.Malformed, "expected streams: [name, …]")]
    [InlineData("last", "streams", 1, ErrorCode.Malformed, "streams is of the wrong type")]
    public void A_wrong_request_gets_a_clear_error(string op, string key, object value, ErrorCode code, string detail)
    {
        using var daemon = new SimulatedDaemon();
        daemon.Take(Pack.Tick("s", 1));
        var reply = daemon.Ask(Pack.Op(op, (key, value)));
        Assert.Equal(code, Read.Error(reply));
        Assert.Equal(detail, reply["error"]["detail"].AsString());
        Assert.Single(reply.Entries);
        Assert.Equal(1, daemon.World.Streams.Count);
    }

    [Fact]
    public void A_list_with_a_wrong_name_is_malformed_and_leaves_no_half_reply()
    {
        using var daemon = new SimulatedDaemon();
        foreach (var op in new[] { "hello", "last" })
        {
            var reply = daemon.Ask(Pack.Op(op, ("streams", new object?[] { "s", "bad\n" })));
            Assert.Equal("streams[1] is no stream name", reply["error"]["detail"].AsString());
            Assert.Single(reply.Entries);
        }
    }

    private static string Listed(SimulatedDaemon daemon, bool hasMore, params (string, object?)[] entries)
    {
        var reply = daemon.Ask(Pack.Op("streams", entries));
        Assert.Equal(hasMore, reply["more"].AsBoolean());
        var names = reply["streams"].Items.Select(static one => one["stream"].AsString());
        return string.Join(" ", hasMore ? names.Append("…") : names);
    }
}
