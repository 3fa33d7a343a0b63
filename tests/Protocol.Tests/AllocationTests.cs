using Realtime.Protocol.MessagePack;
using Realtime.Protocol.ZeroMq;

namespace Realtime.Protocol.Tests;

public class AllocationTests
{
    private static readonly InputNames Names = new(["a", "b", "c"]);

    [Fact]
    public void Reading_ticks_allocates_nothing()
    {
        byte[][] payloads =
        [
            Pack.Map(
                ("stream", "pump/1"), ("seq", 41), ("time", 1.5), ("values", new object?[] { 1.5, 2, null }),
                ("trace", "00-ab"), ("rid", 5), ("reply", true), ("other", new object?[] { "x" })),
            Pack.Array(1, 7, 5, Pack.Raw(0xd6, 0xff, 0, 0, 0, 5), new byte[12]),
            Pack.Array(2, new object?[] { Pack.Raw(Pack.Map(("v", Pack.Raw(Pack.Map(("a", 1), ("c", 2)))))) }),
            Pack.Map(("op", "hello")),
        ];
        double[] values = new double[3];
        AllocatesNothing(() =>
        {
            foreach (byte[] payload in payloads)
            {
                MessageHeader header = TickReader.ReadHeader(payload);
                int cursor = header.Cursor;
                for (int i = 0; i < header.Count; i++)
                {
                    TickReader.TryReadTick(payload, header, ref cursor, out Tick tick, out _);
                    TickReader.ReadValues(payload, tick.Values, Names, values, out _);
                }
            }
        });
        Assert.Equal([1, double.NaN, 2], values);
    }

    [Fact]
    public void Writing_predictions_events_and_replies_allocates_nothing()
    {
        var prediction = new PredictionWriter(
            new PredictionLayout { Model = "m", Horizons = [1, 2], Outputs = 3, Quantiles = [0.1, 0.9] });
        double[] numbers = new double[18];
        double[] values = [1, double.NaN, 3];
        var writer = new MessagePackWriter();
        byte[] topic = new byte[Topic.MaximumLength];
        AllocatesNothing(() =>
        {
            writer.Clear();
            var label = new StreamLabel("123"u8, isNumber: true);
            Topic.Write(Topic.Prediction, label.Name, topic);
            prediction.Write(writer, new PredictionContent
            {
                Stream = label, Seq = 5, Time = 1_700_000_000_000_000_000, Prediction = numbers, Values = values,
                Score = 0.5, Flags = PredictionFlags.Late | PredictionFlags.Imputed, Trace = "00-ab"u8,
            });
            EventWriter.Write(writer, StreamEventKind.Gap, label, 5, "3 missing", 0.5);
            EventWriter.WriteHeartbeat(writer, new Heartbeat(1, 2, 3, 4, 5, 6));
            ReplyWriter.WriteError(writer, 3, ErrorCode.Refused, "no room");
            ReplyWriter.Write(writer, new ReplyContent { Ack = new AckCounts(1, 2, 3, 4, 5), Rid = [7] });
            ReplyWriter.WriteErrorReply(writer, ErrorCode.TooLarge, "no room", [7]);
            TickWriter.WriteMap(writer, label, values, 5, 1_700_000_000_000_000_000, true);
            writer.WriteBinary("x"u8);
            writer.WriteTimestamp(-1);
        });
        Assert.True(writer.Length > 400);
    }

    [Fact]
    public void Sending_receiving_and_polling_allocate_nothing()
    {
        using var context = new ZmqContext();
        using var router = new ZmqSocket(context, ZmqSocketType.Router) { RouterMandatory = true };
        using var dealer = new ZmqSocket(context, ZmqSocketType.Dealer);
        dealer.Connect(router.Bind("tcp://127.0.0.1:0"));
        var poll = new ZmqPoll();
        poll.Add(router);
        byte[] buffer = new byte[256];
        byte[] routingId = new byte[256];
        byte[] frame = new byte[100];
        int failures = 0;
        AllocatesNothing(() =>
        {
            bool done = dealer.TrySend(frame) && poll.Wait(TimeSpan.FromSeconds(5)) == 1 && poll.IsReady(0);
            int size = router.TryReceive(routingId, out bool more);
            done &= size > 0 && more && router.TryReceive(buffer, out more) == 100 && !more;
            done &= router.TryReceive(buffer, out _) == -1;
            done &= router.TrySendTo(routingId.AsSpan(0, size), frame) == SendOutcome.Sent;
            done &= dealer.Receive(buffer, TimeSpan.FromSeconds(5), out _) == 100;
            failures += done ? 0 : 1;
        });
        Assert.Equal(0, failures);
    }

    private static void AllocatesNothing(Action action)
    {
        for (int i = 0; i < 200; i++)
            action();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
            action();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
