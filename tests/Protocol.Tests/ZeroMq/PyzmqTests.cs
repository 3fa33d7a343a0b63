using System.Diagnostics;
using System.Text;
using Realtime.Protocol.ZeroMq;

namespace Realtime.Protocol.Tests.ZeroMq;

/// <summary>Every socket of the daemon against a pyzmq peer.</summary>
public sealed class PyzmqTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly ZmqContext _context = new();

    public void Dispose() => _context.Dispose();

    [PythonFact]
    public void Ticks_from_a_pyzmq_push_arrive_in_order()
    {
        using var pull = new ZmqSocket(_context, ZmqSocketType.Pull);
        using Process peer = Python.Start(
            """
            import msgpack, sys, zmq
            push = zmq.Context.instance().socket(zmq.PUSH)
            push.connect(sys.argv[1])
            for i in range(200):
                tick = msgpack.packb({"stream": "pump", "seq": i, "time": 1700000000.5, "values": [i * 0.5, None]})
                push.send_multipart([b"topic", tick] if i % 2 else [tick])
            push.close()
            zmq.Context.instance().term()
            """,
            pull.Bind("tcp://127.0.0.1:0"));
        byte[] buffer = new byte[256];
        double[] values = new double[2];
        var names = new InputNames(["a", "b"]);
        for (int i = 0; i < 200; i++)
        {
            int size = pull.Receive(buffer, Patience, out bool more);
            Assert.Equal(i % 2 == 1, more);
            if (more)
                size = pull.Receive(buffer, Patience, out _);
            byte[] payload = buffer[..size];
            Tick tick = TickReaderTests.ReadTick(payload);
            Assert.Equal(((ulong)i, 1_700_000_000_500_000_000), (tick.Seq, tick.Time));
            Assert.Equal(0, TickReader.ReadValues(payload, tick.Values, names, values, out _));
            Assert.Equal([i * 0.5, double.NaN], values);
        }
        Python.Finish(peer);
    }

    [PythonFact]
    public void Requests_from_pyzmq_dealer_and_req_are_answered()
    {
        using var router = new ZmqSocket(_context, ZmqSocketType.Router) { RouterMandatory = true };
        using Process peer = Python.Start(
            """
            import sys, zmq
            context = zmq.Context.instance()
            for kind in (zmq.DEALER, zmq.REQ):
                socket = context.socket(kind)
                socket.connect(sys.argv[1])
                for i in range(50):
                    socket.send(b"ask %d" % i)
                    assert socket.poll(20000), "no answer"
                    answer = socket.recv_multipart()
                    assert answer == [b"ask %d answered" % i], answer
                socket.close()
            """,
            router.Bind("tcp://127.0.0.1:0"));
        byte[] routingId = new byte[256];
        byte[] buffer = new byte[256];
        for (int i = 0; i < 100; i++)
        {
            int idSize = router.Receive(routingId, Patience, out _);
            Assert.True(idSize > 0, "no request came");
            int size = router.Receive(buffer, Patience, out bool more);
            Assert.Equal(i >= 50, more && size == 0);
            if (more)
                size = router.Receive(buffer, Patience, out _);
            byte[] answer = [.. buffer[..size], .. " answered"u8];
            Assert.Equal(SendOutcome.Sent, router.TrySendTo(routingId.AsSpan(0, idSize), answer, delimiter: more));
        }
        Python.Finish(peer);
    }

    [PythonFact]
    public void Predictions_reach_a_pyzmq_subscriber()
    {
        using var pub = new ZmqSocket(_context, ZmqSocketType.Pub);
        using Process peer = Python.Start(
            """
            import msgpack, sys, zmq
            sub = zmq.Context.instance().socket(zmq.SUB)
            sub.subscribe(b"p/")
            sub.connect(sys.argv[1])
            assert sub.poll(20000), "no prediction"
            topic, payload = sub.recv_multipart()
            print(topic.decode(), msgpack.unpackb(payload))
            sub.close(0)
            """,
            pub.Bind("tcp://127.0.0.1:0"));
        var writer = new Realtime.Protocol.MessagePack.MessagePackWriter();
        new PredictionWriter(new PredictionLayout { Model = "m", Horizons = [1] }).Write(writer, new PredictionContent
        {
            Stream = new StreamLabel("s"u8), Seq = 1, Time = 2, Prediction = [0.5],
        });
        long start = Stopwatch.GetTimestamp();
        while (!peer.HasExited && Stopwatch.GetElapsedTime(start) < Patience)
        {
            Assert.True(pub.TrySend("e/s"u8, more: true) && pub.TrySend("event"u8));
            Assert.True(pub.TrySend("p/s"u8, more: true) && pub.TrySend(writer.Written));
            Thread.Sleep(5);
        }
        Assert.Equal(
            "p/s {'stream': 's', 'seq': 1, 'time': 2, 'model': 'm', 'horizons': [1], 'mean': [[0.5]]}\n",
            Python.Finish(peer));
    }

    [PythonFact]
    public void A_sub_socket_gets_what_a_pyzmq_publisher_sends()
    {
        using var sub = new ZmqSocket(_context, ZmqSocketType.Sub);
        sub.Subscribe("pump/");
        using Process peer = Python.Start(
            """
            import msgpack, sys, time, zmq
            pub = zmq.Context.instance().socket(zmq.PUB)
            pub.connect(sys.argv[1])
            for i in range(100000):
                pub.send_multipart([b"other", b"x"])
                pub.send_multipart([b"pump/1", msgpack.packb({"v": 1.5})])
                time.sleep(0.005)
            """,
            sub.Bind("tcp://127.0.0.1:0"));
        try
        {
            Assert.Equal("pump/1", Encoding.UTF8.GetString(sub.ReceiveFrame(Patience, out bool more) ?? []));
            Assert.True(more);
            Tick tick = TickReaderTests.ReadTick(sub.ReceiveFrame(Patience, out more)!);
            Assert.True(tick.Stream.IsEmpty && !more);
        }
        finally
        {
            peer.Kill();
        }
    }
}
