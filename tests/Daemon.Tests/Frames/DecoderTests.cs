using Realtime.Daemon.Frames;
using Realtime.Daemon.Tests.Simulation;
using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Tests.Frames;

public sealed class DecoderTests
{
    [Theory]
    [InlineData(0, 5000, ErrorCode.TooLarge, "a frame of 5000 bytes, limits.frame is 4096")]
    [InlineData(3, 0, ErrorCode.Malformed, "3 frames, expected [payload] or [topic][payload]")]
    public void A_message_of_wrong_frames_is_one_rejected(int frames, long largest, ErrorCode code, string detail)
    {
        using var daemon = new SimulatedDaemon(SimulatedDaemon.Options(frame: 4096));
        daemon.Send(new SimulatedMessage(Origin.Request, Pack.Tick("s", 1))
        {
            Frames = frames, LargestFrame = largest,
        });
        daemon.Run();
        AssertRejected(daemon, code, detail);
    }

    [Theory]
    [InlineData("", "an empty payload")]
    [InlineData("c1", "not well-formed MessagePack: 1 bytes")]
    [InlineData("93", "not well-formed MessagePack: 1 bytes")]
    [InlineData("05", "found 5, expected a map or an array")]
    [InlineData("90", "found an empty array")]
    [InlineData("80", "found a map without values and without op")]
    public void A_message_of_no_form_is_one_rejected(string payload, string detail)
    {
        using var daemon = new SimulatedDaemon();
        daemon.Request(Convert.FromHexString(payload));
        daemon.Run();
        AssertRejected(daemon, ErrorCode.Malformed, detail);
    }

    [Fact]
    public void An_unknown_form_is_unsupported()
    {
        using var daemon = new SimulatedDaemon();
        daemon.Request(Pack.Array(3, "s", 1, null, 1.5));
        daemon.Run();
        AssertRejected(daemon, ErrorCode.Unsupported, "found an array with the leading number 3");
    }

    [Theory]
    [InlineData(Origin.Ingest)]
    [InlineData(Origin.Subscription)]
    public void A_control_request_elsewhere_is_not_allowed_and_does_nothing(Origin origin)
    {
        using var daemon = new SimulatedDaemon();
        daemon.Take(Pack.Tick("s", 1));
        daemon.Send(new SimulatedMessage(origin, Pack.Op("forget", ("stream", "s"))));
        daemon.Run();
        Assert.Equal(1, daemon.Counters.RejectedBy((int)ErrorCode.NotAllowed));
        Assert.Equal(1, daemon.World.Streams.Count);
        Assert.Empty(daemon.Sink.Replies);
    }

    [Theory]
    [InlineData("named", "key", "key")]
    [InlineData("named", null, "named")]
    [InlineData("", "key", "key")]
    [InlineData("bad\n", "key", "key")]
    public void The_key_beats_the_topic(string topic, string? key, string stream)
    {
        using var daemon = new SimulatedDaemon();
        daemon.Send(new SimulatedMessage(Origin.Ingest, Pack.Array(1, key, 1, null, 5))
        {
            Topic = System.Text.Encoding.UTF8.GetBytes(topic), Frames = 2,
        });
        daemon.Run();
        Assert.Equal("p/" + stream, Assert.Single(daemon.Sink.Predictions).Topic);
    }

    [Theory]
    [InlineData("", "no stream: neither the tick nor a topic frame names one")]
    [InlineData("0a", "a topic that is no stream name")]
    [InlineData("ff", "a topic that is no stream name")]
    [InlineData(null, "a topic that is no stream name")]
    public void A_topic_that_is_needed_must_be_a_name(string? topic, string detail)
    {
        using var daemon = new SimulatedDaemon();
        daemon.Send(new SimulatedMessage(Origin.Request, Pack.Tick(null, 5))
        {
            Topic = topic is null ? new byte[256] : Convert.FromHexString(topic), Frames = 2,
        });
        daemon.Run();
        AssertRejected(daemon, ErrorCode.Malformed, detail);
    }

    [Fact]
    public void Elements_of_a_batch_take_the_topic_or_their_own_name()
    {
        using var daemon = new SimulatedDaemon();
        daemon.Send(new SimulatedMessage(Origin.Request, Pack.Batch([Pack.Tick(null, 5), Pack.Tick("own", 6)]))
        {
            Topic = "topic"u8.ToArray(),
        });
        daemon.Run();
        Assert.Equal(["p/topic", "p/own"], daemon.Sink.Predictions.Select(static one => one.Topic));
    }

    [Fact]
    public void Bad_elements_of_a_batch_are_rejected_by_index_and_the_others_stepped()
    {
        using var daemon = new SimulatedDaemon();
        var reply = daemon.Ask(Pack.Batch(
            [
                Pack.Tick("s", 1, 1), Pack.Element(5), Pack.Tick("s", 1, 1), Pack.Tick("s", "x", 2),
                Pack.Tick("s", 1, 2), Pack.Map(("seq", 3)),
            ],
            reply: true));
        Assert.Equal(
            [(1, ErrorCode.Malformed), (3, ErrorCode.Shape), (5, ErrorCode.Malformed)], Read.Errors(reply));
        Assert.Equal(
            [false, true, false, true, false, true], reply["predictions"].Items.Select(static one => one.IsNil));
        Assert.True(reply["error"].IsNil);
        Assert.Equal(
            [6L, 2, 1, 3, 0],
            new[] { "received", "accepted", "duplicate", "rejected", "refused" }.Select(
                key => reply["ack"][key].AsInt64()!.Value));
    }

    [Fact]
    public void A_rid_comes_back_with_every_answer()
    {
        using var daemon = new SimulatedDaemon();
        daemon.Take(Pack.Tick("s", 1, 1));
        byte[][] requests =
        [
            Pack.Tick("s", 1, 2, rid: "x"), Pack.Tick("s", 1, 1, rid: "x"), Pack.Tick("s", "bad", 9, rid: "x"),
            Pack.Tick(null, 1, 9, rid: "x"), Pack.Map(("rid", "x"), ("nothing", 1)), Pack.Map(("rid", "x"), ("op", 5)),
            Pack.Op("hello", ("rid", "x")), Pack.Op("nonsense", ("rid", "x")),
            Pack.Op("reset", ("stream", 1.5), ("rid", "x")), Pack.Op("state.put", ("state", 1), ("rid", "x")),
        ];
        foreach (var request in requests)
            Assert.Equal("x", daemon.Ask(request)["rid"].AsString());
    }

    [Fact]
    public void An_id_is_the_stream_of_its_digits_and_keeps_the_form_it_had_first()
    {
        using var daemon = new SimulatedDaemon();
        daemon.Take(Pack.Tick(17, 1, 1), Pack.Tick("17", 2, 2), Pack.Tick("18", 1, 1), Pack.Tick(18, 2, 2));
        Assert.Equal(
            ["17", "17", "\"18\"", "\"18\""],
            daemon.Sink.Predictions.Select(static one => one.Value["stream"].ToString()));
    }

    [Fact]
    public void A_control_request_sees_what_came_before_it_and_not_what_comes_after()
    {
        using var daemon = new SimulatedDaemon();
        daemon.Request(Pack.Tick("s", 1, 1));
        daemon.Request(Pack.Op("hello", ("streams", new object?[] { "s" })));
        daemon.Request(Pack.Op("forget", ("stream", "s")));
        daemon.Request(Pack.Tick("s", 1, 9));
        daemon.Request(Pack.Op("hello", ("streams", new object?[] { "s" })));
        daemon.Run();
        var replies = daemon.Sink.Replies.Select(static one => one.Value).ToArray();
        Assert.Equal(1UL, replies[1]["streams"]["s"].AsUInt64());
        Assert.Equal(1, replies[2]["count"].AsInt64());
        Assert.Equal(9UL, replies[4]["streams"]["s"].AsUInt64());
    }

    [Fact]
    public void Replies_go_to_who_asked_in_order_with_the_delimiter_echoed()
    {
        using var daemon = new SimulatedDaemon();
        for (byte client = 0; client < 4; client++)
            daemon.Send(new SimulatedMessage(Origin.Request, Pack.Tick("s", 1, client, rid: (int)client))
            {
                Identity = [0, client], Delimiter = client % 2 == 1,
            });
        daemon.Run();
        Assert.Equal(
            ["0 False 0", "1 True 1", "2 False 2", "3 True 3"],
            daemon.Sink.Replies.Select(static one => $"{one.Identity[1]} {one.Delimiter} {one.Value["rid"]}"));
    }

    [Fact]
    public void Many_large_replies_are_spread_over_frames()
    {
        using var daemon = new SimulatedDaemon();
        daemon.Take(Pack.Batch(Enumerable.Range(0, 10_000).Select(static i => Pack.Array(1, i, 1, null, 1))));
        var turns = daemon.Loop.Turns;
        for (var i = 0; i < 20; i++)
            daemon.Request(Pack.Op("streams", ("limit", 10_000)));
        daemon.Run();
        Assert.Equal(20, daemon.Sink.Replies.Count);
        Assert.All(daemon.Sink.Replies, static one => Assert.InRange(one.Payload.Length, 500_000, 4_000_000));
        Assert.InRange(daemon.Loop.Turns - turns, 4, 12);
    }

    [Fact]
    public void A_batch_that_asks_for_more_predictions_than_a_reply_holds_is_too_large()
    {
        using var daemon = new SimulatedDaemon();
        var tick = Pack.Array(1, 1, null, null, 1);
        var batch = Pack.Bytes(writer =>
        {
            writer.WriteArrayHeader(3);
            writer.WriteInt64(2);
            writer.WriteArrayHeader(600_000);
            for (var i = 0; i < 600_000; i++)
                writer.WriteRaw(tick);
            writer.WriteBoolean(true);
        });
        using var large = new SimulatedDaemon(SimulatedDaemon.Options(frame: 8_000_000));
        var reply = large.Ask(batch);
        Assert.Equal(ErrorCode.TooLarge, Read.Error(reply));
        Assert.Equal((1, 1), (large.Counters.Received, large.Counters.Rejected));
        Assert.Equal(0, large.World.Streams.Count);
    }

    [Fact]
    public void An_inbox_is_full_while_a_largest_message_might_not_fit()
    {
        var inbox = new Inbox(frameLimit: 100_000, messagesMax: 10);
        Assert.False(inbox.IsFull);
        Assert.True(inbox.Free.Length >= 100_000 + 512);
        inbox.Keep(65_000);
        Assert.False(inbox.IsFull);
        var last = inbox.Keep(600);
        Assert.True(inbox.IsFull);
        Assert.Equal(last, inbox.Shorten(last, 600));
        Assert.Equal(new Slice(65_000, 40), inbox.Shorten(last, 40));
        Assert.False(inbox.IsFull);
        Assert.Equal(new Slice(65_040, 5), inbox.Keep(5));
        inbox.Clear();
        for (var i = 0; i < 10; i++)
            inbox.Add(new Message { Frames = i });
        Assert.True(inbox.IsFull);
        Assert.Equal(9, inbox[9].Frames);
    }

    private static void AssertRejected(SimulatedDaemon daemon, ErrorCode code, string detail)
    {
        var reply = Assert.Single(daemon.Sink.Replies).Value;
        Assert.Equal(code, Read.Error(reply));
        Assert.Equal(code.Reason(), reply["error"]["reason"].AsString());
        Assert.StartsWith(detail, reply["error"]["detail"].AsString());
        Assert.Equal("[1,0,0,1,0]", Counts(reply["ack"]));
        Assert.Equal([(0, code)], Read.Errors(reply));
        Assert.Equal((1, 1), (daemon.Counters.Received, daemon.Counters.RejectedBy((int)code)));
        Assert.Equal(0, daemon.World.Streams.Count);
    }

    private static string Counts(MessagePackValue ack) => "[" + string.Join(
        ",", new[] { "received", "accepted", "duplicate", "rejected", "refused" }.Select(key => ack[key].ToString()))
        + "]";
}
