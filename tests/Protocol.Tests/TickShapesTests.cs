using Realtime.Protocol.MessagePack;

namespace Realtime.Protocol.Tests;

/// <summary>What is read with known layouts is what is read without, whatever the bytes are.</summary>
public class TickShapesTests
{
    private const int Rounds = 60_000;

    private static readonly InputNames[] Inputs = [new(["value"]), new(["a", "b"])];

    [Fact]
    public void Payloads_damaged_or_not_are_read_alike_with_and_without()
    {
        var random = new Random(4711);
        var shapes = new TickShapes();
        int known = 0;
        for (int round = 0; round < Rounds; round++)
        {
            byte[] payload = random.Next(3) == 0 ? Batch(random) : Tick(random);
            for (int damage = random.Next(4) - 1; damage > 0; damage--)
                payload[random.Next(payload.Length)] = (byte)random.Next(256);
            if (random.Next(20) == 0)
                payload = payload[..random.Next(payload.Length)];
            if (shapes.Match(payload, 0) != 0)
                known++;
            AssertAlike(payload, shapes);
        }

        Assert.InRange(known, Rounds / 20, Rounds);
    }

    [Fact]
    public void A_tick_laid_out_as_one_before_is_known_whatever_its_numbers()
    {
        var shapes = new TickShapes();
        Read(Map("pump/1", 70_000, 1.5), shapes);
        byte[] next = Map("gate/7", 4_000_000_000, -1e9);
        Assert.Equal(next.Length, shapes.Match(next, 0));
        Assert.Equal(0, shapes.Match(Map("gate/17", 70_000, 1), 0));
        Assert.Equal(0, shapes.Match(Map("gate/7", 700, 1), 0));
        Assert.Equal(0, shapes.Match(Pack.Map(("stream", "gate/7"), ("sex", 70_000L), ("value", 1.5)), 0));
        AssertAlike(next, shapes);
    }

    [Fact]
    public void Reading_what_is_known_allocates_nothing()
    {
        var shapes = new TickShapes();
        byte[] payload = Map("pump/1", 70_000, 1.5);
        Read(payload, shapes);
        Read(payload, shapes);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
            Read(payload, shapes);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void AssertAlike(byte[] payload, TickShapes shapes)
    {
        MessageHeader plain = TickReader.ReadHeader(payload), quick = Read(payload, shapes);
        Assert.Equal(Facts(plain), Facts(quick));
        if (plain.Kind is not (PayloadKind.Tick or PayloadKind.Batch))
            return;
        int at = plain.Cursor, quickAt = quick.Cursor;
        for (int i = 0; i < plain.Count; i++)
        {
            bool read = TickReader.TryReadTick(payload, in plain, ref at, out Tick tick, out string? fault);
            bool quickRead = TickReader.TryReadTick(
                payload, in quick, shapes, ref quickAt, out Tick quickTick, out string? quickFault);
            Assert.Equal((read, fault, at), (quickRead, quickFault, quickAt));
            Assert.Equal(tick, quickTick);
            if (read)
                AssertValuesAlike(payload, in quickTick);
        }
    }

    private static void AssertValuesAlike(byte[] payload, in Tick tick)
    {
        foreach (InputNames names in Inputs)
        {
            double[] values = new double[names.Count], quickValues = new double[names.Count];
            int code = TickReader.ReadValues(payload, tick.Values, names, values, out string? fault);
            int quickCode = TickReader.ReadValues(payload, in tick, names, quickValues, out string? quickFault);
            Assert.Equal((code, fault), (quickCode, quickFault));
            Assert.Equal(values, quickValues);
        }
    }

    private static MessageHeader Read(byte[] payload, TickShapes shapes)
    {
        TickReader.ReadHeader(payload, shapes, out MessageHeader header);
        return header;
    }

    private static object Facts(MessageHeader header) =>
        (header.Kind, header.Count, header.Cursor, header.Reply, header.Rid, header.Op, header.Fault);

    private static byte[] Map(string stream, long seq, double value) =>
        Pack.Map(("stream", stream), ("seq", seq), ("value", value));

    // Few layouts, many numbers, and odd ones between.
    private static byte[] Tick(Random random) => random.Next(7) switch
    {
        0 => Map($"pump/{random.Next(10, 100)}", random.Next(1 << 17), random.NextDouble()),
        1 => Pack.Map(("id", random.Next(200)), ("t", random.Next(-40, 1 << 20)), ("v", new object?[] { 1.5, null })),
        2 => Pack.Map(("s", "a"), ("n", random.Next(300)), ("values", Pack.Raw(Pack.Map(("x", random.NextDouble()))))),
        3 => Pack.Map(
            ("stream", "pump/1"), ("reply", random.Next(2) == 0), ("rid", random.Next(100)), ("value", 2.5),
            ("trace", "00-ab")),
        4 => Pack.Map(("op", "stats"), ("value", random.Next(5) == 0 ? 1.5 : null), ("unit", "bar")),
        5 => Pack.Array(1, $"s{random.Next(1000, 10_000)}", random.Next(1 << 20), null, random.NextDouble()),
        _ => Pack.Array(random.Next(1, 3), "stream", random.Next(100), 1.7e9, 2.5, random.Next(2) == 0, random.Next(9)),
    };

    private static byte[] Batch(Random random)
    {
        var writer = new MessagePackWriter();
        bool hasReply = random.Next(2) == 0;
        int count = random.Next(6);
        writer.WriteArrayHeader(hasReply ? 3 : 2);
        writer.WriteInt64(2);
        writer.WriteArrayHeader(count);
        int kind = random.Next(7);
        for (int i = 0; i < count; i++)
            writer.WriteRaw(Tick(random));
        if (hasReply)
            writer.WriteBoolean(kind > 2);
        return writer.Written.ToArray();
    }
}
