using System.Diagnostics;
using System.Text;
using Realtime.Protocol.MessagePack;
using Realtime.Protocol.ZeroMq;

namespace Realtime.Protocol.Tests;

/// <summary>The client against the daemon's sockets, played by the test.</summary>
public sealed class RealtimeClientTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly ZmqContext _context = new();
    private readonly ZmqSocket _ingest;
    private readonly ZmqSocket _requests;
    private readonly ZmqSocket _predictions;
    private readonly RealtimeClient _client;

    public RealtimeClientTests()
    {
        _ingest = new ZmqSocket(_context, ZmqSocketType.Pull);
        _requests = new ZmqSocket(_context, ZmqSocketType.Router) { RouterMandatory = true };
        _predictions = new ZmqSocket(_context, ZmqSocketType.Pub);
        _client = new RealtimeClient(new RealtimeClientOptions
        {
            Ingest = _ingest.Bind("tcp://127.0.0.1:0"),
            Requests = _requests.Bind("tcp://127.0.0.1:0"),
            Predictions = _predictions.Bind("tcp://127.0.0.1:0"),
            Timeout = Patience,
        });
    }

    public void Dispose()
    {
        _client.Dispose();
        _ingest.Dispose();
        _requests.Dispose();
        _predictions.Dispose();
        _context.Dispose();
    }

    [Fact]
    public void Publish_SendsATick()
    {
        _client.Publish("pump/1", [1.5], seq: 3, time: 1_000_000_007);
        byte[] payload = _ingest.ReceiveFrame(Patience, out _)!;
        Tick tick = TickReaderTests.ReadTick(payload);
        Assert.Equal("pump/1", Encoding.UTF8.GetString(tick.Stream.Of(payload)));
        Assert.Equal((3UL, 1_000_000_007L, false), (tick.Seq, tick.Time, tick.Reply));
    }

    [Fact]
    public async Task Send_GivesTheAcknowledgementAndThePrediction()
    {
        Task daemon = Answer(payload =>
        {
            Assert.True(TickReaderTests.ReadTick(payload).Reply);
            byte[] prediction = Pack.Bytes(writer => new PredictionWriter(
                new PredictionLayout { Model = "m", Horizons = [1] }).Write(
                writer, new PredictionContent { Stream = new StreamLabel("s"u8), Seq = 1, Prediction = [2.5] }));
            return Pack.Bytes(writer => ReplyWriter.Write(writer, new ReplyContent
            {
                Ack = new AckCounts(9, 1, 0, 0, 0), HasPredictions = true, PredictionCount = 1,
                Predictions = prediction,
            }));
        });
        TickReply reply = _client.Send("s", [1.5], seq: 1, reply: true);
        await daemon;
        Assert.Equal(new AckCounts(9, 1, 0, 0, 0), reply.Ack);
        Assert.Equal(2.5, reply.Predictions[0]!.Mean[0][0]);
    }

    [Fact]
    public async Task Posted_requests_are_answered_in_order()
    {
        for (ulong i = 0; i < 3; i++)
            _client.Post(Pack.Map(("op", "stats"), ("rid", i)));
        for (int i = 0; i < 3; i++)
            await Answer(Echo);
        for (long i = 0; i < 3; i++)
            Assert.Equal(i, _client.ReceiveReply()["rid"].AsInt64());
    }

    [Fact]
    public async Task Request_GivesTheReplysMap()
    {
        Task daemon = Answer(payload =>
        {
            Assert.True(MessagePackValue.TryParse(payload, out MessagePackValue? request));
            Assert.Equal("""{"op":"reset","stream":"s"}""", request.ToString());
            return Pack.Map(("reset", 1));
        });
        Assert.Equal(1, _client.Request("reset", "stream", "s")["reset"].AsInt64());
        await daemon;
    }

    [Fact]
    public async Task Request_AnsweredByAnError_Throws()
    {
        Task daemon = Answer(_ => Pack.Bytes(
            writer => ReplyWriter.WriteErrorReply(writer, ErrorCode.NotAllowed, "read only")));
        var error = Assert.Throws<RealtimeException>(() => _client.Request("snapshot"));
        await daemon;
        Assert.Equal(ErrorCode.NotAllowed, error.Code);
        Assert.Equal("not allowed (code 8): read only", error.Message);
    }

    [Fact]
    public async Task Send_AnsweredByGarbage_Throws()
    {
        Task daemon = Answer(_ => [0xc1]);
        Assert.Throws<RealtimeException>(() => _client.Send("s", [1]));
        await daemon;
        daemon = Answer(_ => Pack.Map(("ok", true)));
        Assert.Throws<RealtimeException>(() => _client.Send("s", [1]));
        await daemon;
    }

    [Fact]
    public void Receive_GivesWhatWasSubscribedTo()
    {
        _client.Subscribe(Topic.Of(Topic.Event, "s"));
        byte[] payload = Pack.Bytes(
            writer => EventWriter.Write(writer, StreamEventKind.Warmed, new StreamLabel("s"u8), 5, ""));
        SubscribedMessage? message = null;
        long start = Stopwatch.GetTimestamp();
        while (message is null && Stopwatch.GetElapsedTime(start) < Patience)
        {
            foreach (string topic in (string[])["p/s", "e/s"])
            {
                _predictions.TrySend(Encoding.UTF8.GetBytes(topic), more: true);
                _predictions.TrySend(payload);
            }
            message = _client.Receive(TimeSpan.FromMilliseconds(20));
        }
        Assert.Equal(new SubscribedMessage("e/s", Event: new StreamEvent("warmed", "s", 5, null, null)), message);
    }

    [Fact]
    public void Every_wait_for_a_daemon_that_is_not_there_ends_with_its_endpoint()
    {
        using var client = new RealtimeClient(new RealtimeClientOptions
        {
            Ingest = "tcp://127.0.0.1:1",
            Requests = "tcp://127.0.0.1:1",
            Predictions = "tcp://127.0.0.1:1",
            Timeout = TimeSpan.FromMilliseconds(50),
        });
        Action[] waits =
            [() => client.Publish("s", [1]), () => client.Send("s", [1]), () => client.Request("stats")];
        foreach (Action wait in waits)
        {
            var error = Assert.Throws<TimeoutException>(wait);
            Assert.Contains("tcp://127.0.0.1:1", error.Message, StringComparison.Ordinal);
        }
        client.Subscribe("p/");
        Assert.Null(client.Receive(TimeSpan.FromMilliseconds(20)));
    }

    [Fact]
    public async Task A_reply_that_comes_too_late_is_not_taken_for_the_next()
    {
        using var client = new RealtimeClient(new RealtimeClientOptions
        {
            Requests = _requests.LastEndpoint,
            Timeout = TimeSpan.FromSeconds(2),
        });
        Assert.Throws<TimeoutException>(() => client.Request("first"));
        byte[] routingId = _requests.ReceiveFrame(Patience, out _)!;
        _requests.SkipFrames();
        _requests.TrySendTo(routingId, Pack.Map(("answer", "late")));
        Task daemon = Answer(_ => Pack.Map(("answer", "right")));
        Assert.Equal("right", client.Request("second")["answer"].AsString());
        await daemon;
    }

    private static byte[] Echo(byte[] payload)
    {
        Slice rid = TickReader.ReadHeader(payload).Rid;
        return Pack.Map(("rid", Pack.Raw(rid.Of(payload).ToArray())));
    }

    // On a thread of its own: the pool's may all be busy with other tests.
    private Task Answer(Func<byte[], byte[]> answer) => Task.Factory.StartNew(
        () => AnswerOne(answer), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void AnswerOne(Func<byte[], byte[]> answer)
    {
        byte[] routingId = _requests.ReceiveFrame(Patience, out _) ?? throw new TimeoutException("no request came");
        byte[] payload = _requests.ReceiveFrame(Patience, out bool more)!;
        Assert.False(more);
        Assert.Equal(SendOutcome.Sent, _requests.TrySendTo(routingId, answer(payload)));
    }
}
