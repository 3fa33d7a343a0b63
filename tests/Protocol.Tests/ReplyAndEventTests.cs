using Realtime.Protocol.MessagePack;

namespace Realtime.Protocol.Tests;

public class ReplyAndEventTests
{
    private static readonly AckCounts Counts = new(Epoch: 9, Accepted: 1, Duplicate: 2, Rejected: 3, Refused: 4);

    [Fact]
    public void A_reply_has_counts_errors_predictions_and_rid()
    {
        byte[] errors = Pack.Bytes(
            writer => ReplyWriter.WriteError(writer, 5, ErrorCode.Shape, "found 2 values, expected 3"));
        byte[] payload = Pack.Bytes(writer => ReplyWriter.Write(writer, new ReplyContent
        {
            Ack = Counts, ErrorCount = 1, Errors = errors,
            HasPredictions = true, PredictionCount = 2, Predictions = [0xc0, 0xc0], Rid = [7],
        }));
        Assert.True(MessagePackValue.TryParse(payload, out MessagePackValue? value));
        Assert.Equal(
            """
            {"ack":{"epoch":9,"received":10,"accepted":1,"duplicate":2,"rejected":3,"refused":4},
            "errors":[{"index":5,"code":3,"detail":"found 2 values, expected 3"}],"predictions":[null,null],"rid":7}
            """.ReplaceLineEndings(""),
            value.ToString());

        TickReply reply = TickReply.From(value)!;
        Assert.Equal(Counts, reply.Ack);
        Assert.Equal([new TickError(5, ErrorCode.Shape, "found 2 values, expected 3")], reply.Errors);
        Assert.Equal([null, null], reply.Predictions);
    }

    [Fact]
    public void A_reply_with_the_least_has_counts_and_no_errors()
    {
        byte[] payload = Pack.Bytes(writer => ReplyWriter.Write(writer, new ReplyContent { Ack = Counts }));
        Assert.True(MessagePackValue.TryParse(payload, out MessagePackValue? value));
        Assert.Equal(["ack", "errors"], value.Entries.Select(entry => entry.Key));
        Assert.Empty(value["errors"].Items);
    }

    [Fact]
    public void An_error_reply_has_code_reason_detail_and_rid()
    {
        byte[] payload = Pack.Bytes(
            writer => ReplyWriter.WriteErrorReply(writer, ErrorCode.Malformed, "found nothing", Pack.Map(("a", 1))));
        Assert.True(MessagePackValue.TryParse(payload, out MessagePackValue? value));
        Assert.Equal(
            """{"error":{"code":1,"reason":"malformed","detail":"found nothing"},"rid":{"a":1}}""", value.ToString());
    }

    [Fact]
    public void Error_codes_have_their_numbers_reasons_and_kinds()
    {
        string[] reasons =
        [
            "none", "malformed", "unknown stream", "shape", "too late", "refused", "unsupported version or op",
            "too large", "not allowed", "not durable", "not next",
        ];
        for (int i = 0; i < reasons.Length; i++)
        {
            Assert.Equal(reasons[i], ((ErrorCode)i).Reason());
            Assert.Equal(i is 5 or 9 or 10, ((ErrorCode)i).IsRefused());
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => ((ErrorCode)11).Reason());
    }

    [Fact]
    public void An_event_has_its_keys_whether_known_or_not()
    {
        byte[] gap = Pack.Bytes(
            writer => EventWriter.Write(writer, StreamEventKind.Gap, new StreamLabel("7"u8, true), 12, "restart"));
        Assert.True(MessagePackValue.TryParse(gap, out MessagePackValue? value));
        Assert.Equal("""{"event":"gap","stream":7,"seq":12,"detail":"restart"}""", value.ToString());
        Assert.Equal(
            new StreamEvent("gap", "7", 12, "restart", null), SubscribedMessage.From("e/7"u8, gap)!.Event);

        byte[] reset = Pack.Bytes(
            writer => EventWriter.Write(writer, StreamEventKind.Reset, new StreamLabel("s"u8), null, ""));
        Assert.True(MessagePackValue.TryParse(reset, out value));
        Assert.Equal("""{"event":"reset","stream":"s","seq":null,"detail":null}""", value.ToString());
        Assert.Equal(new StreamEvent("reset", "s", null, null, null), StreamEvent.From(value));

        byte[] anomaly = Pack.Bytes(
            writer => EventWriter.Write(writer, StreamEventKind.Anomaly, new StreamLabel("s"u8), 1, "high", 0.99));
        Assert.Equal(
            new StreamEvent("anomaly", "s", 1, "high", 0.99), SubscribedMessage.From("a/s"u8, anomaly)!.Event);
    }

    [Fact]
    public void Every_event_has_the_name_of_the_protocol()
    {
        foreach (StreamEventKind kind in Enum.GetValues<StreamEventKind>())
        {
            string name = System.Text.Encoding.UTF8.GetString(kind.Name());
            Assert.Equal(kind.ToString(), name, ignoreCase: true);
        }
    }

    [Fact]
    public void A_heartbeat_comes_back()
    {
        var heartbeat = new Heartbeat(Epoch: 1, Uptime: 2.5, Received: 3, Stepped: 4, Published: 5, Streams: 6);
        byte[] payload = Pack.Bytes(writer => EventWriter.WriteHeartbeat(writer, heartbeat));
        Assert.True(MessagePackValue.TryParse(payload, out MessagePackValue? value));
        Assert.Equal(
            """{"epoch":1,"uptime":2.5,"received":3,"stepped":4,"published":5,"streams":6}""", value.ToString());
        Assert.Equal(heartbeat, SubscribedMessage.From("h"u8, payload)!.Heartbeat);
    }

    [Fact]
    public void Messages_of_unknown_topics_are_none() => Assert.Null(SubscribedMessage.From("x/s"u8, [0x80]));

    [Fact]
    public void Ticks_as_written_are_read()
    {
        byte[] map = Pack.Bytes(
            writer => TickWriter.WriteMap(writer, new StreamLabel("s"u8), [1, double.NaN], 5, 1_500_000_001, true));
        byte[] array = Pack.Bytes(
            writer => TickWriter.WriteArray(writer, new StreamLabel("7"u8, true), [2], 5, -1, true));
        byte[] least = Pack.Bytes(writer => TickWriter.WriteArray(writer, new StreamLabel("s"u8), [2]));
        byte[] batch = Pack.Bytes(
            writer => TickWriter.WriteBatch(writer, 3, Pack.Concat(map, array, least), reply: true));

        MessageHeader header = TickReader.ReadHeader(batch);
        Assert.Equal((PayloadKind.Batch, 3, true), (header.Kind, header.Count, header.Reply));
        int cursor = header.Cursor;
        Assert.True(TickReader.TryReadTick(batch, ref cursor, out Tick tick, out _));
        Assert.Equal((5UL, 1_500_000_001L, true), (tick.Seq, tick.Time, tick.Reply));
        double[] values = new double[2];
        Assert.Equal(0, TickReader.ReadValues(batch, tick.Values, new InputNames(["a", "b"]), values, out _));
        Assert.Equal([1, double.NaN], values);
        Assert.True(TickReader.TryReadTick(batch, ref cursor, out tick, out _));
        Assert.Equal((7UL, 5UL, -1L, true), (tick.Id, tick.Seq, tick.Time, tick.Reply));
        Assert.True(TickReader.TryReadTick(batch, ref cursor, out tick, out _));
        Assert.False(tick.HasId || tick.HasSeq || tick.HasTime || tick.Reply);
        Assert.Equal(batch.Length - 1, cursor);
    }
}
