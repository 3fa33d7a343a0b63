using Realtime.Protocol.MessagePack;

namespace Realtime.Protocol.Tests.MessagePack;

public class HostileInputTests
{
    private static readonly InputNames Names = new(["a", "b"]);

    [Fact]
    public void Random_bytes_never_throw()
    {
        var random = new Random(20261121);
        for (int i = 0; i < 200_000; i++)
        {
            byte[] bytes = new byte[random.Next(0, 40)];
            random.NextBytes(bytes);
            ReadEveryWay(bytes);
        }
    }

    [Fact]
    public void Valid_messages_with_bytes_changed_never_throw()
    {
        var random = new Random(7);
        foreach (byte[] message in Messages())
        {
            for (int i = 0; i < 5_000; i++)
            {
                byte[] bytes = [.. message];
                for (int flips = random.Next(1, 4); flips > 0; flips--)
                    bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                ReadEveryWay(bytes);
            }
        }
    }

    [Fact]
    public void Every_truncation_is_refused_without_a_throw()
    {
        foreach (byte[] message in Messages())
        {
            Assert.NotEqual(PayloadKind.Malformed, TickReader.ReadHeader(message).Kind);
            for (int length = 0; length < message.Length; length++)
            {
                byte[] bytes = message[..length];
                Assert.False(new MessagePackReader(bytes).TrySkip());
                Assert.Equal(PayloadKind.Malformed, TickReader.ReadHeader(bytes).Kind);
                Assert.False(MessagePackValue.TryParse(bytes, out _));
                ReadEveryWay(bytes);
            }
        }
    }

    [Fact]
    public void A_byte_behind_the_message_is_refused()
    {
        foreach (byte[] message in Messages())
        {
            MessageHeader header = TickReader.ReadHeader([.. message, 0]);
            Assert.Equal(PayloadKind.Malformed, header.Kind);
            Assert.Contains("1 bytes behind", header.Fault, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Claimed_lengths_that_the_bytes_cannot_hold_are_refused_at_once()
    {
        byte[] codes = [0xc6, 0xc9, 0xdb, 0xdd, 0xdf, 0xc5, 0xc8, 0xda, 0xdc, 0xde, 0xc4, 0xc7, 0xd9];
        foreach (byte code in codes)
        {
            byte[] bytes = [code, 0xff, 0xff, 0xff, 0xff, 0xc0, 0xc0, 0xc0];
            long before = GC.GetAllocatedBytesForCurrentThread();
            var reader = new MessagePackReader(bytes);
            bool any = reader.TrySkip() || reader.TryReadString(out _) || reader.TryReadBinary(out _)
                || reader.TryReadExtension(out _, out _) || reader.TryReadArrayHeader(out _)
                || reader.TryReadMapHeader(out _) || MessagePackValue.TryParse(bytes, out _);
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
            Assert.False(any);
        }
    }

    [Fact]
    public void A_count_may_be_no_more_than_the_bytes_that_follow()
    {
        Assert.True(new MessagePackReader([0xdd, 0, 0, 0, 2, 0xc0, 0xc0]).TrySkip());
        Assert.False(new MessagePackReader([0xdd, 0, 0, 0, 3, 0xc0, 0xc0]).TryReadArrayHeader(out _));
        Assert.True(new MessagePackReader([0xdf, 0, 0, 0, 1, 0xc0, 0xc0]).TryReadMapHeader(out _));
        Assert.False(new MessagePackReader([0xdf, 0, 0, 0, 2, 0xc0, 0xc0, 0xc0]).TryReadMapHeader(out _));
    }

    [Fact]
    public void Nesting_is_taken_to_the_limit_and_refused_beyond()
    {
        int limit = MessagePackReader.MaximumDepth;
        Assert.True(new MessagePackReader(NestedArrays(limit)).TrySkip());
        Assert.False(new MessagePackReader(NestedArrays(limit + 1)).TrySkip());
        Assert.False(new MessagePackReader(NestedArrays(1_000_000)).TrySkip());
        Assert.False(MessagePackValue.TryParse(NestedArrays(1_000_000), out _));
        Assert.Equal(PayloadKind.Malformed, TickReader.ReadHeader(NestedMaps(1_000_000)).Kind);
        Assert.True(new MessagePackReader(NestedMaps(limit)).TrySkip());
        Assert.False(new MessagePackReader(NestedMaps(limit + 1)).TrySkip());
    }

    [Fact]
    public void TryReadTick_OfAMapAtTheLimitOfNesting_AgreesWithReadHeader()
    {
        for (int depth = 1; depth <= MessagePackReader.MaximumDepth; depth++)
        {
            byte[] payload = Pack.Map(("s", "x"), ("v", 1), ("other", Pack.Raw(NestedArrays(depth))));
            bool fits = depth < MessagePackReader.MaximumDepth;
            Assert.Equal(fits ? PayloadKind.Tick : PayloadKind.Malformed, TickReader.ReadHeader(payload).Kind);
            int cursor = 0;
            Assert.Equal(fits, TickReader.TryReadTick(payload, ref cursor, out _, out _));
            Assert.Equal(payload.Length, cursor);
        }
    }

    [Fact]
    public void A_megabyte_of_open_arrays_takes_time_in_proportion_to_its_bytes()
    {
        byte[] bytes = new byte[1 << 20];
        for (int i = 0; i + 5 <= bytes.Length; i += 5)
            new byte[] { 0xdd, 0, 0, 0xff, 0xff }.CopyTo(bytes, i);
        Assert.False(new MessagePackReader(bytes).TrySkip());
        Array.Fill(bytes, (byte)0x91);
        Assert.False(new MessagePackReader(bytes).TrySkip());
    }

    [Fact]
    public void The_byte_that_the_format_never_uses_is_refused()
    {
        Assert.False(new MessagePackReader([0xc1]).TrySkip());
        Assert.Equal(MessagePackType.None, new MessagePackReader([0xc1]).NextType);
        Assert.Equal(PayloadKind.Malformed, TickReader.ReadHeader(Pack.Map(("v", 1), ("x", Pack.Raw(0xc1)))).Kind);
    }

    [Fact]
    public void Timestamps_of_wrong_lengths_fractions_and_years_are_refused()
    {
        foreach (int length in (int[])[0, 1, 2, 3, 5, 7, 9, 11, 13, 16])
            Assert.False(TryTimestamp(new byte[length]));
        Assert.False(TryTimestamp([0xee, 0x6b, 0x28, 0x00, 0, 0, 0, 0]));
        Assert.True(TryTimestamp([0xee, 0x6b, 0x27, 0xfc, 0, 0, 0, 0]));
        Assert.False(TryTimestamp([0x3b, 0x9a, 0xca, 0x00, 0, 0, 0, 0, 0, 0, 0, 0]));
        Assert.True(TryTimestamp([0x3b, 0x9a, 0xc9, 0xff, 0, 0, 0, 0, 0, 0, 0, 0]));
        Assert.False(TryTimestamp([0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]));
        Assert.False(TryTimestamp([0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0]));

        static bool TryTimestamp(byte[] data) =>
            new MessagePackReader(Pack.Bytes(w => w.WriteExtension(-1, data))).TryReadTimestamp(out _);
    }

    private static byte[] NestedArrays(int depth) => [.. Enumerable.Repeat((byte)0x91, depth - 1), 0x90];

    private static byte[] NestedMaps(int depth) =>
        [.. Enumerable.Repeat((byte[])[0x81, 0xc0], depth - 1).SelectMany(pair => pair), 0x80];

    /// <summary>Messages of every form with every type in them.</summary>
    private static IEnumerable<byte[]> Messages()
    {
        object?[] everything =
        [
            null, true, false, 1, -1, 200, -100, 40000, -30000, 3_000_000_000, -2_000_000_000, ulong.MaxValue,
            long.MinValue, 1.5f, 2.5, "text", new string('x', 40), new string('y', 300), new byte[] { 1, 2, 3 },
            new byte[300], new object?[] { 1, new object?[] { 2 } },
            Pack.Raw([0xd6, 0xff, 1, 2, 3, 4]), Pack.Raw([0xc7, 3, 9, 1, 2, 3]), Pack.Raw([0xd4, 9, 1]),
            Pack.Raw([0xd8, 9, .. new byte[16]]), Pack.Raw([0xc8, 0, 1, 9, 1]), Pack.Raw([0xc9, 0, 0, 0, 1, 9, 1]),
        ];
        yield return Pack.Map(
            ("stream", "s1"), ("seq", 7), ("time", 1.5), ("values", new object?[] { 1.5, 2 }), ("x", everything));
        yield return Pack.Map(("id", 7), ("rid", everything), ("reply", true), ("data", new byte[8]), ("trace", "00"));
        yield return Pack.Map(("s", "s1"), ("v", Pack.Raw(Pack.Map(("a", 1), ("b", null)))));
        yield return Pack.Array(1, "s1", 7, Pack.Raw([0xd6, 0xff, 1, 2, 3, 4]), new object?[] { 1, null }, true, 3);
        yield return Pack.Array(
            2, new object?[] { Pack.Raw(Pack.Array(1, null, null, null, 5)), Pack.Raw(Pack.Map(("v", 5))) }, true);
        yield return Pack.Map(("op", "hello"), ("streams", new object?[] { "a", "b" }));
        yield return Pack.Array(9, everything);
        yield return Pack.Map(
            ("op", "as a subscriber gets it"),
            ("stream", 7), ("seq", 7), ("time", 8), ("model", "m"), ("horizons", new object?[] { 1, 2 }),
            ("mean", new object?[] { new object?[] { 1.5 }, new object?[] { 2.5 } }),
            ("quantiles", Pack.Raw(Pack.Map(("0.1", new object?[] { 1.5 }), ("0.9", 3)))),
            ("classes", Pack.Raw(Pack.Map(("ok", 0.5)))), ("flags", new object?[] { "late" }), ("score", 0.5));
    }

    /// <summary>Reads bytes by every public way in; what comes out does not matter, only that nothing throws.
    /// </summary>
    private static void ReadEveryWay(byte[] bytes)
    {
        Span<double> values = stackalloc double[2];
        MessageHeader header = TickReader.ReadHeader(bytes);
        Assert.Equal(header.Kind is PayloadKind.Malformed or PayloadKind.Unsupported, header.Fault is not null);
        _ = header.Rid.Of(bytes);
        _ = header.Op.Of(bytes);
        int cursor = header.Cursor;
        for (int i = 0; i < header.Count; i++)
        {
            int start = cursor;
            bool read = TickReader.TryReadTick(bytes, ref cursor, out Tick tick, out string? fault);
            Assert.True(cursor > start && cursor <= bytes.Length);
            Assert.Equal(read, fault is null);
            _ = tick.Stream.Of(bytes);
            _ = tick.Trace.Of(bytes);
            _ = tick.Rid.Of(bytes);
            if (read)
                Assert.Equal(0 == TickReader.ReadValues(bytes, tick.Values, Names, values, out fault), fault is null);
        }
        cursor = header.Cursor;
        for (int i = 0; i < header.Count; i++)
            TickReader.TryReadTick(bytes, header, ref cursor, out _, out _);
        cursor = 0;
        TickReader.TryReadTick(bytes, ref cursor, out _, out _);
        TickReader.ReadValues(bytes, 0, Names, values, out _);
        if (MessagePackValue.TryParse(bytes, out MessagePackValue? value))
        {
            _ = value.ToString();
            _ = Prediction.From(value);
            _ = StreamEvent.From(value);
            _ = TickReply.From(value);
        }
        _ = SubscribedMessage.From("p/x"u8, bytes);
        _ = SubscribedMessage.From(bytes, bytes);
    }
}
