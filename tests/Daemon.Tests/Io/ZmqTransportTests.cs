using Realtime.Daemon.Configuration;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Io;
using Realtime.Daemon.Security;
using Realtime.Protocol.ZeroMq;

namespace Realtime.Daemon.Tests.Io;

public sealed class ZmqTransportTests : IDisposable
{
    private const int FrameLimit = 100_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly ZmqTransport _transport = new(
        new EndpointOptions
        {
            Ingest = "tcp://127.0.0.1:0", Requests = "tcp://127.0.0.1:0", Predictions = "tcp://127.0.0.1:0",
        },
        new LimitOptions { Frame = FrameLimit });

    private readonly ZmqContext _context = new();
    private readonly Inbox _inbox = new(FrameLimit, 100);

    public void Dispose()
    {
        _transport.Dispose();
        _context.Dispose();
    }

    [Fact]
    public void Messages_of_one_and_two_frames_come_with_their_parts()
    {
        using var client = Connect(ZmqSocketType.Push, "ingest");
        Send(client, "payload"u8.ToArray());
        Send(client, "topic"u8.ToArray(), "payload"u8.ToArray());
        Send(client, [], [1]);
        Send(client, Array.Empty<byte>());
        Receive(4);
        Assert.Equal((1, 0, "payload"), Parts(0));
        Assert.Equal((2, 5, "payload"), Parts(1));
        Assert.Equal((2, 0, "\u0001"), Parts(2));
        Assert.Equal((1, 0, ""), Parts(3));
    }

    [Fact]
    public void More_than_two_frames_are_counted_and_the_next_message_is_whole()
    {
        using var client = Connect(ZmqSocketType.Push, "ingest");
        Send(client, [1], [2], [3], [4], [5]);
        Send(client, "next"u8.ToArray());
        Receive(2);
        Assert.Equal(5, _inbox[0].Frames);
        Assert.Equal((1, 0, "next"), Parts(1));
    }

    [Fact]
    public void A_frame_over_the_limit_leaves_its_size()
    {
        using var client = Connect(ZmqSocketType.Push, "ingest");
        Send(client, new byte[FrameLimit + 1]);
        Send(client, new byte[2 * FrameLimit], [1]);
        Send(client, new byte[FrameLimit]);
        Receive(3);
        Assert.Equal((FrameLimit + 1, 0), (_inbox[0].LargestFrame, _inbox[0].Payload.Length));
        Assert.Equal((2 * FrameLimit, 1), (_inbox[1].LargestFrame, _inbox[1].Payload.Length));
        Assert.Equal((FrameLimit, FrameLimit), (_inbox[2].LargestFrame, _inbox[2].Payload.Length));
    }

    [Fact]
    public void A_topic_that_is_too_long_does_not_take_the_payloads_room()
    {
        using var client = Connect(ZmqSocketType.Push, "ingest");
        Send(client, new byte[FrameLimit], new byte[FrameLimit]);
        Receive(1);
        Assert.Equal((256, FrameLimit), (_inbox[0].Topic.Length, _inbox[0].Payload.Length));
        Assert.Equal(FrameLimit, _inbox[0].LargestFrame);
    }

    [Fact]
    public void A_reply_finds_its_client_with_and_without_a_delimiter()
    {
        using var dealer = Connect(ZmqSocketType.Dealer, "requests");
        using var request = Connect(ZmqSocketType.Req, "requests");
        Send(dealer, "one"u8.ToArray());
        Receive(1);
        Assert.False(_inbox[0].Delimiter);
        Assert.True(_transport.Reply(_inbox.Bytes(_inbox[0].Identity), false, "to one"u8));
        Assert.Equal("to one", Reply(dealer));

        Send(request, "two"u8.ToArray());
        Receive(2);
        Assert.True(_inbox[1].Delimiter);
        Assert.Equal((1, 0, "two"), Parts(1));
        Assert.True(_transport.Reply(_inbox.Bytes(_inbox[1].Identity), true, "to two"u8));
        Assert.Equal("to two", Reply(request));
        Assert.False(_transport.Reply([9, 9, 9, 9, 9], false, "nobody"u8));
    }

    [Fact]
    public void A_full_inbox_leaves_the_rest_for_later()
    {
        using var client = Connect(ZmqSocketType.Push, "ingest");
        for (byte i = 0; i < 150; i++)
            Send(client, [i]);
        Receive(100);
        _inbox.Clear();
        Receive(50);
        Assert.Equal(149, _inbox.Bytes(_inbox[49].Payload)[0]);
    }

    [Fact]
    public async Task Wake_EndsAWait()
    {
        var waiting = Task.Run(() => _transport.Wait(TimeSpan.FromMinutes(5)));
        _transport.Wake();
        await waiting.WaitAsync(Patience);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("p", true)]
    [InlineData("p/pump", true)]
    [InlineData("h", false)]
    [InlineData("e/pump", false)]
    public void It_knows_whether_anybody_hears_predictions(string topic, bool expected)
    {
        Assert.False(_transport.HasSubscribers);
        using (var other = Connect(ZmqSocketType.Sub, "predictions"))
        using (var subscriber = Connect(ZmqSocketType.Sub, "predictions"))
        {
            subscriber.Subscribe(topic);
            // Subscribed last: once its message arrives, the other subscription has been read.
            other.Subscribe("x");
            subscriber.Subscribe("x");
            Await(() =>
            {
                _transport.Publish("x"u8, "1"u8);
                return other.TryReceive([], out _) >= 0 && subscriber.TryReceive([], out _) >= 0;
            });
            // Publishing has let the socket read it; receiving takes it from there.
            _transport.Receive(_inbox);
            Assert.Equal(expected, _transport.HasSubscribers);
        }

        Await(() => !_transport.HasSubscribers);
    }

    [Fact]
    public void With_keys_messages_say_whose_they_are_and_receiving_them_allocates_nothing()
    {
        var (plant, stranger) = (ZmqCurveKeys.Create(), ZmqCurveKeys.Create());
        using var transport = WithKeys(out var ring, ("plant", plant));
        foreach (var (type, endpoint) in new[] { (ZmqSocketType.Push, "ingest"), (ZmqSocketType.Dealer, "requests") })
        {
            using var client = Connect(transport, type, endpoint, plant, ring);
            using var other = Connect(transport, type, endpoint, stranger, ring);
            other.TrySend("stranger"u8);
            long allocated = 0;
            // The first message finds the library's functions.
            Send(client, [0]);
            _inbox.Clear();
            ReceiveFrom(transport, 1);
            _inbox.Clear();
            for (var i = 0; i < 50; i++)
                Send(client, [(byte)i], new byte[50]);
            while (_inbox.Count < 50)
            {
                transport.Wait(TimeSpan.FromSeconds(1));
                allocated = Receive(transport, allocated);
            }

            Assert.Equal(0, allocated);
            for (var i = 0; i < 50; i++)
                Assert.Equal(("plant", i), (_inbox[i].Client!.Name, _inbox.Bytes(_inbox[i].Topic)[0]));
        }
    }

    [Fact]
    public void Sockets_that_are_opened_anew_let_in_only_who_still_has_a_key()
    {
        var (plant, leaver) = (ZmqCurveKeys.Create(), ZmqCurveKeys.Create());
        using var transport = WithKeys(out var ring, ("plant", plant), ("leaver", leaver));
        using var stays = Connect(transport, ZmqSocketType.Dealer, "requests", plant, ring);
        using var goes = Connect(transport, ZmqSocketType.Dealer, "requests", leaver, ring);
        Send(stays, "1"u8.ToArray());
        Send(goes, "2"u8.ToArray());
        ReceiveFrom(transport, 2);
        var quiet = false;
        ring.Use(Keys(ring.Keys.Server, ("plant", plant)));
        transport.Use(new(ring.Keys.Rights, 0));
        transport.Reopen(() => quiet);
        // What is owed is still answered.
        Assert.True(transport.Reply(_inbox.Bytes(_inbox[0].Identity), false, "answer"u8));
        transport.Receive(_inbox);
        Assert.True(transport.IsReopening);
        quiet = true;
        for (var i = 0; i < 5000 && transport.IsReopening; i++)
        {
            transport.Receive(_inbox);
            transport.Wait(TimeSpan.FromMilliseconds(1));
        }

        Assert.False(transport.IsReopening);
        Assert.Equal("answer", Reply(_inbox[0].Client!.Name == "plant" ? stays : goes));
        _inbox.Clear();
        // What goes into a connection that is about to end is lost, so a client sends it again.
        for (var i = 0; i < 100 && _inbox.Count == 0; i++)
        {
            stays.TrySend("3"u8);
            goes.TrySend("4"u8);
            transport.Wait(TimeSpan.FromMilliseconds(200));
            transport.Receive(_inbox);
        }

        transport.Wait(TimeSpan.FromMilliseconds(300));
        transport.Receive(_inbox);
        Assert.NotEqual(0, _inbox.Count);
        for (var i = 0; i < _inbox.Count; i++)
            Assert.Equal("plant", _inbox[i].Client!.Name);
    }

    [Fact]
    public void Replies_that_nobody_reads_are_bounded_by_their_bytes()
    {
        var hits = new Realtime.Daemon.Frames.Access.LimitHits();
        using var transport = new ZmqTransport(
            AnyPort, new LimitOptions { Frame = FrameLimit, Replies = 40_000_000 }, ring: null, hits);
        using var client = new ZmqSocket(_context, ZmqSocketType.Dealer) { Linger = 0, ReceiveHighWaterMark = 1 };
        client.Connect(transport.Endpoints["requests"]);
        Send(client, "ask"u8.ToArray());
        ReceiveFrom(transport, 1);
        var reply = new byte[1_000_000];
        var sent = 0;
        for (var i = 0; i < 200; i++)
            sent += transport.Reply(_inbox.Bytes(_inbox[0].Identity), false, reply) ? 1 : 0;
        // A quarter of the bytes, and what the connection itself takes in.
        Assert.InRange(sent, 5, 60);
        Assert.Equal(200 - sent, hits.Replies);
        while (client.Receive(reply, TimeSpan.FromSeconds(1), out _) >= 0)
            sent--;
        Assert.Equal(0, sent);
        Assert.True(transport.Reply(_inbox.Bytes(_inbox[0].Identity), false, reply));
    }

    private static EndpointOptions AnyPort => new()
    {
        Ingest = "tcp://127.0.0.1:0", Requests = "tcp://127.0.0.1:0", Predictions = "tcp://127.0.0.1:0",
    };

    private static KeySet Keys(ZmqCurveKeys server, params (string Name, ZmqCurveKeys Keys)[] clients) => new(
        server, clients.Select(static one => (one.Keys.PublicKey, new Realtime.Daemon.Frames.Access.ClientRights(
            one.Name, ["*"], [""], null, false))));

    private static ZmqTransport WithKeys(out KeyRing ring, params (string Name, ZmqCurveKeys Keys)[] clients)
    {
        ring = new KeyRing(Keys(ZmqCurveKeys.Create(), clients));
        return new ZmqTransport(AnyPort, new LimitOptions { Frame = FrameLimit }, ring);
    }

    private ZmqSocket Connect(
        ZmqTransport transport, ZmqSocketType type, string endpoint, ZmqCurveKeys keys, KeyRing ring)
    {
        var socket = new ZmqSocket(_context, type) { Linger = 0 };
        socket.UseCurve(keys, ring.Keys.Server.PublicKey);
        socket.Connect(transport.Endpoints[endpoint]);
        return socket;
    }

    private long Receive(ZmqTransport transport, long allocated)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        transport.Receive(_inbox);
        return allocated + GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private void ReceiveFrom(ZmqTransport transport, int messages)
    {
        var started = System.Diagnostics.Stopwatch.StartNew();
        while (_inbox.Count < messages && started.Elapsed < Patience)
        {
            transport.Wait(TimeSpan.FromSeconds(1));
            transport.Receive(_inbox);
        }

        Assert.Equal(messages, _inbox.Count);
    }

    private void Await(Func<bool> holds)
    {
        var started = System.Diagnostics.Stopwatch.StartNew();
        while (!holds())
        {
            Assert.True(started.Elapsed < Patience);
            Thread.Sleep(1);
            _inbox.Clear();
            _transport.Receive(_inbox);
        }
    }

    private ZmqSocket Connect(ZmqSocketType type, string endpoint)
    {
        var socket = new ZmqSocket(_context, type) { Linger = 0 };
        socket.Connect(_transport.Endpoints[endpoint]);
        return socket;
    }

    private static void Send(ZmqSocket socket, params byte[][] frames)
    {
        for (var i = 0; i < frames.Length; i++)
            Assert.True(socket.Send(frames[i], Patience, more: i < frames.Length - 1));
    }

    private static string Reply(ZmqSocket socket)
    {
        var buffer = new byte[100];
        var size = socket.Receive(buffer, Patience, out _);
        return System.Text.Encoding.UTF8.GetString(buffer, 0, Math.Max(size, 0));
    }

    private void Receive(int messages)
    {
        var started = System.Diagnostics.Stopwatch.StartNew();
        while (_inbox.Count < messages && started.Elapsed < Patience)
        {
            _transport.Wait(TimeSpan.FromSeconds(1));
            _transport.Receive(_inbox);
        }

        Assert.Equal(messages, _inbox.Count);
    }

    private (int Frames, int Topic, string Payload) Parts(int index)
    {
        ref var message = ref _inbox[index];
        var payload = System.Text.Encoding.UTF8.GetString(_inbox.Bytes(message.Payload));
        return (message.Frames, message.Topic.Length, payload);
    }
}
