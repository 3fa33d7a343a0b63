using System.Text;
using Realtime.Protocol.MessagePack;

namespace Realtime.Protocol.Tests;

public class TickReaderTests
{
    [Fact]
    public void A_map_with_every_key_is_read()
    {
        byte[] payload = Pack.Map(
            ("stream", "pump/1"), ("seq", 41), ("run", 3), ("time", 1_700_000_000), ("values", new object?[] { 1, 2 }),
            ("trace", "00-ab-cd-01"), ("rid", "r1"), ("reply", true), ("unit", "bar"));
        MessageHeader header = TickReader.ReadHeader(payload);
        Assert.Equal((PayloadKind.Tick, 1, 0, true), (header.Kind, header.Count, header.Cursor, header.Reply));
        Assert.Equal(Pack.Bytes(writer => writer.WriteString("r1")), header.Rid.Of(payload).ToArray());

        Tick tick = ReadTick(payload);
        Assert.Equal("pump/1", Text(payload, tick.Stream));
        Assert.False(tick.HasId);
        Assert.Equal((true, 41UL), (tick.HasSeq, tick.Seq));
        Assert.Equal((true, 3UL), (tick.HasRun, tick.Run));
        Assert.Equal((true, 1_700_000_000_000_000_000L), (tick.HasTime, tick.Time));
        Assert.Equal("00-ab-cd-01", Text(payload, tick.Trace));
        Assert.True(tick.Reply);
        Assert.Equal([1, 2], Values(payload, tick, 2));
    }

    [Fact]
    public void Values_are_counted_without_reading_them()
    {
        Assert.Equal(1, Count(2.5));
        Assert.Equal(1, Count(null));
        Assert.Equal(1, Count("words"));
        Assert.Equal(0, Count(Pack.Nothing));
        Assert.Equal(3, Count(new object?[] { 1, null, "words" }));

        byte[] map = Pack.Map(("values", Pack.Raw(Pack.Map(("a", 1), ("b", 2)))));
        Assert.Equal(2, TickReader.CountValues(map, ReadTick(map).Values));

        static int Count(object? values)
        {
            byte[] payload = Pack.Map(("values", values));
            return TickReader.CountValues(payload, ReadTick(payload).Values);
        }
    }

    [Fact]
    public void A_map_with_the_least_is_read()
    {
        byte[] payload = Pack.Map(("v", 1.5));
        Tick tick = ReadTick(payload);
        Assert.True(tick.Stream.IsEmpty && tick.Trace.IsEmpty && tick.Rid.IsEmpty);
        Assert.False(tick.HasId || tick.HasSeq || tick.HasRun || tick.HasTime || tick.Reply);
        Assert.Equal([1.5], Values(payload, tick, 1));
    }

    [Theory]
    [InlineData("stream", "id", "s")]
    [InlineData("values", "value", "v", "data")]
    [InlineData("seq", "n")]
    [InlineData("time", "ts", "t", "timestamp")]
    public void Of_aliases_present_together_the_leftmost_wins_in_any_order(params string[] aliases)
    {
        foreach (string[] present in Subsets(aliases))
        {
            foreach (string[] order in Permutations(present))
            {
                (string, object?)[] entries =
                [
                    .. order.Select(key => (key, (object?)(1 + Array.IndexOf(aliases, key)))),
                ];
                if (aliases[0] != "values")
                    entries = [.. entries, ("values", 0)];
                byte[] payload = Pack.Map(entries);
                Tick tick = ReadTick(payload);
                ulong found = aliases[0] switch
                {
                    "stream" => tick.Id,
                    "seq" => tick.Seq,
                    "time" => (ulong)tick.Time / 1_000_000_000,
                    _ => (ulong)Values(payload, tick, 1)[0],
                };
                Assert.Equal(1 + present.Min(key => (ulong)Array.IndexOf(aliases, key)), found);
            }
        }
    }

    [Fact]
    public void Keys_that_only_resemble_the_known_ones_are_skipped()
    {
        string[] keys =
        [
            "", "x", "is", "st", "po", "sep", "rum", "rod", "tine", "date", "values ", "valuez", "valve", "tracy",
            "strean", "Stream", "timestamq", "Values", "sequence", "replu", "a key longer than any that is known here",
        ];
        byte[] payload = Pack.Map([.. keys.Select(key => (key, (object?)"wrong")), ("v", 1)]);
        Tick tick = ReadTick(payload);
        Assert.False(tick.HasId || tick.HasSeq || tick.HasRun || tick.HasTime || tick.Reply);
        Assert.True(tick.Stream.IsEmpty && tick.Trace.IsEmpty && tick.Rid.IsEmpty);
    }

    [Fact]
    public void Keys_of_other_types_are_skipped_and_bin_keys_are_read()
    {
        byte[] payload = Pack.Bytes(writer =>
        {
            writer.WriteMapHeader(4);
            writer.WriteInt64(5);
            writer.WriteString("number");
            writer.WriteArrayHeader(1);
            writer.WriteNil();
            writer.WriteNil();
            writer.WriteBinary("s"u8);
            writer.WriteString("name");
            writer.WriteBinary("v"u8);
            writer.WriteInt64(3);
        });
        Tick tick = ReadTick(payload);
        Assert.Equal("name", Text(payload, tick.Stream));
        Assert.Equal([3], Values(payload, tick, 1));
    }

    [Fact]
    public void Every_number_type_is_taken_for_seq_run_and_id()
    {
        byte[][] sevens =
        [
            [7], [0xcc, 7], [0xcd, 0, 7], [0xce, 0, 0, 0, 7], [0xcf, 0, 0, 0, 0, 0, 0, 0, 7],
            [0xd0, 7], [0xd1, 0, 7], [0xd2, 0, 0, 0, 7], [0xd3, 0, 0, 0, 0, 0, 0, 0, 7],
            Pack.Bytes(writer => writer.WriteSingle(7)), Pack.Bytes(writer => writer.WriteDouble(7)),
        ];
        foreach (byte[] seven in sevens)
        {
            byte[] payload = Pack.Map(
                ("id", Pack.Raw(seven)), ("n", Pack.Raw(seven)), ("run", Pack.Raw(seven)), ("v", Pack.Raw(seven)));
            Tick tick = ReadTick(payload);
            Assert.Equal((true, 7UL, 7UL, 7UL), (tick.HasId, tick.Id, tick.Seq, tick.Run));
            Assert.Equal([7], Values(payload, tick, 1));
        }
        Assert.Equal(ulong.MaxValue, ReadTick(Pack.Map(("seq", ulong.MaxValue), ("v", 1))).Seq);
    }

    [Fact]
    public void The_compact_form_is_read()
    {
        byte[] payload = Pack.Array(1, "a", 5, 2, new object?[] { 1, null }, true, 9);
        MessageHeader header = TickReader.ReadHeader(payload);
        Assert.Equal((PayloadKind.Tick, 1, true), (header.Kind, header.Count, header.Reply));
        Tick tick = ReadTick(payload);
        Assert.Equal("a", Text(payload, tick.Stream));
        Assert.Equal((5UL, 9UL, 2_000_000_000L, true), (tick.Seq, tick.Run, tick.Time, tick.Reply));
        Assert.Equal([1, double.NaN], Values(payload, tick, 2));

        payload = Pack.Array(1.0, null, null, null, 3);
        tick = ReadTick(payload);
        Assert.False(tick.HasId || tick.HasSeq || tick.HasRun || tick.HasTime || tick.Reply);
        Assert.True(tick.Stream.IsEmpty);
        Assert.Equal([3], Values(payload, tick, 1));
    }

    [Fact]
    public void A_batch_mixes_forms_and_streams_and_bad_elements_cost_only_themselves()
    {
        byte[] payload = Pack.Array(
            2,
            new object?[]
            {
                Pack.Raw(Pack.Map(("s", "a"), ("v", 1))),
                "no tick",
                Pack.Raw(Pack.Array(1, 7, null, null, 2)),
                Pack.Raw(Pack.Map(("s", "a"))),
                Pack.Raw(Pack.Array(2, Pack.Nothing)),
                Pack.Raw(Pack.Map(("s", "b"), ("seq", -1), ("v", 3))),
                Pack.Raw(Pack.Array(1, "c")),
                Pack.Raw(Pack.Array(1, "c", null, null, 4)),
            },
            true);
        MessageHeader header = TickReader.ReadHeader(payload);
        Assert.Equal((PayloadKind.Batch, 8, true), (header.Kind, header.Count, header.Reply));
        int cursor = header.Cursor;
        string[] results = new string[8];
        for (int i = 0; i < 8; i++)
        {
            results[i] = TickReader.TryReadTick(payload, ref cursor, out Tick tick, out string? fault)
                ? $"{Text(payload, tick.Stream)}{(tick.HasId ? tick.Id : "")}={Values(payload, tick, 1)[0]}"
                : fault!;
        }
        Assert.Equal(
            [
                "a=1",
                "found a string, expected a tick as a map or an array",
                "7=2",
                "found a tick without values",
                "found an array that does not start with 1, expected [1, stream, seq, time, values, reply?, run?]",
                "seq: found -1, expected an unsigned integer",
                "found an array of 2 elements, expected [1, stream, seq, time, values, reply?, run?]",
                "c=4",
            ],
            results);
    }

    [Fact]
    public void An_empty_batch_is_one()
    {
        MessageHeader header = TickReader.ReadHeader(Pack.Array(2, Pack.Nothing));
        Assert.Equal((PayloadKind.Batch, 0, false), (header.Kind, header.Count, header.Reply));
    }

    [Fact]
    public void A_control_request_is_told_from_a_tick()
    {
        byte[] payload = Pack.Map(("op", "hello"), ("rid", 5), ("streams", new object?[] { "a" }));
        MessageHeader header = TickReader.ReadHeader(payload);
        Assert.Equal((PayloadKind.Control, "hello"), (header.Kind, Text(payload, header.Op)));
        Assert.Equal([5], header.Rid.Of(payload).ToArray());
        Assert.Equal(PayloadKind.Tick, TickReader.ReadHeader(Pack.Map(("op", "hello"), ("data", null))).Kind);
    }

    public static TheoryData<string, byte[]> NoForms => new()
    {
        { "found an empty frame, expected a tick", [] },
        { "found a map without values and without op", Pack.Map() },
        { "found a map without values and without op", Pack.Map(("stream", "s")) },
        { "op: found 5, expected a name", Pack.Map(("op", 5)) },
        { "op: found the string \"\", expected a name", Pack.Map(("op", "")) },
        { "found 5, expected a map or an array", [5] },
        { "found nil, expected a map or an array", [0xc0] },
        { "found the string \"hi\\u0007\", expected a map or an array", Pack.Bytes(w => w.WriteString("hi\a")) },
        { "found an empty array, expected 1 or 2 as its first element", Pack.Array() },
        { "found an array that starts with the string \"1\", expected 1 (tick) or 2 (batch)", Pack.Array("1") },
        { "found an array that starts with the float 1.5, expected 1 (tick) or 2 (batch)", Pack.Array(1.5) },
        {
            "found an array of 4 elements, expected [1, stream, seq, time, values, reply?, run?]",
            Pack.Array(1, "s", 1, null)
        },
        {
            "found an array of 8 elements, expected [1, stream, seq, time, values, reply?, run?]",
            Pack.Array(1, "s", 1, null, 5, true, 1, 1)
        },
        { "found a batch of 1 elements, expected [2, [tick, …], reply?]", Pack.Array(2) },
        { "batch: found a map of 0, expected an array of ticks", Pack.Array(2, Pack.Raw(0x80)) },
        { "reply: found 1, expected true or false", Pack.Array(2, Pack.Nothing, 1) },
    };

    [Theory]
    [MemberData(nameof(NoForms))]
    public void ReadHeader_OfNoneOfTheForms_SaysWhatWasFound(string fault, byte[] payload)
    {
        MessageHeader header = TickReader.ReadHeader(payload);
        Assert.Equal(PayloadKind.Malformed, header.Kind);
        Assert.StartsWith(fault, header.Fault, StringComparison.Ordinal);
        Assert.Equal(0, header.Count);
    }

    [Fact]
    public void ReadHeader_OfAnUnknownForm_IsUnsupported()
    {
        foreach (object form in (object[])[0, 3, 16, -1, 1_000_000, 17.0])
        {
            MessageHeader header = TickReader.ReadHeader(Pack.Array(form, "s"));
            Assert.Equal(PayloadKind.Unsupported, header.Kind);
            Assert.Contains(form.ToString()!, header.Fault, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void ReadHeader_OfAMalformedMap_StillGivesItsRid()
    {
        byte[] payload = Pack.Map(("rid", 9), ("stream", "s"));
        Assert.Equal([9], TickReader.ReadHeader(payload).Rid.Of(payload).ToArray());
    }

    [Theory]
    [InlineData("stream", true, "stream: found true, expected an unsigned integer or a name")]
    [InlineData("stream", "", "stream: found the string \"\"")]
    [InlineData("stream", "a\nb", "stream: found the string \"a\\u000ab\"")]
    [InlineData("stream", -3, "stream: found -3")]
    [InlineData("stream", 1.5, "stream: found the float 1.5")]
    [InlineData("seq", -1, "seq: found -1, expected an unsigned integer")]
    [InlineData("seq", 1.5, "seq: found the float 1.5")]
    [InlineData("seq", "7", "seq: found the string \"7\"")]
    [InlineData("run", false, "run: found false")]
    [InlineData("time", "now", "time: found the string \"now\"")]
    [InlineData("time", double.NaN, "time: found the float NaN")]
    [InlineData("reply", 1, "reply: found 1, expected true or false")]
    public void TryReadTick_OfABadElement_SaysWhatWasFound(string key, object value, string fault)
    {
        byte[] payload = Pack.Map((key, value), ("values", 1));
        Assert.Equal(PayloadKind.Tick, TickReader.ReadHeader(payload).Kind);
        int cursor = 0;
        Assert.False(TickReader.TryReadTick(payload, ref cursor, out _, out string? found));
        Assert.StartsWith(fault, found, StringComparison.Ordinal);
        Assert.Equal(payload.Length, cursor);
    }

    [Fact]
    public void Nil_is_as_good_as_an_absent_key()
    {
        byte[] payload = Pack.Map(
            ("stream", null), ("seq", null), ("run", null), ("time", null), ("reply", null), ("trace", null), ("v", 1));
        Tick tick = ReadTick(payload);
        Assert.False(tick.HasId || tick.HasSeq || tick.HasRun || tick.HasTime || tick.Reply);
        Assert.True(tick.Stream.IsEmpty && tick.Trace.IsEmpty);
    }

    [Fact]
    public void A_trace_that_cannot_be_handed_on_is_as_if_absent()
    {
        foreach (object trace in (object[])["a\nb", "ü", 5, new byte[] { 1 }])
            Assert.True(ReadTick(Pack.Map(("trace", trace), ("v", 1))).Trace.IsEmpty);
    }

    internal static Tick ReadTick(byte[] payload)
    {
        MessageHeader header = TickReader.ReadHeader(payload);
        Assert.Null(header.Fault);
        int cursor = header.Cursor;
        Assert.True(TickReader.TryReadTick(payload, ref cursor, out Tick tick, out string? fault), fault);
        Assert.Equal(payload.Length, cursor);
        cursor = header.Cursor;
        Assert.True(TickReader.TryReadTick(payload, header, ref cursor, out Tick same, out fault), fault);
        Assert.Equal(payload.Length, cursor);
        Assert.Equal(tick, same);
        return tick;
    }

    private static double[] Values(byte[] payload, Tick tick, int count)
    {
        double[] values = new double[count];
        var names = new InputNames([.. Enumerable.Range(0, count).Select(i => $"x{i}")]);
        int code = TickReader.ReadValues(payload, tick.Values, names, values, out string? fault);
        Assert.True(code == 0, fault);
        return values;
    }

    private static string Text(byte[] payload, Slice slice) => Encoding.UTF8.GetString(slice.Of(payload));

    private static IEnumerable<string[]> Subsets(string[] items) => Enumerable
        .Range(1, (1 << items.Length) - 1)
        .Select(bits => items.Where((_, i) => (bits & (1 << i)) != 0).ToArray());

    private static IEnumerable<string[]> Permutations(string[] items) => items.Length == 1
        ? [items]
        : items.SelectMany(first => Permutations([.. items.Where(item => item != first)])
            .Select(rest => (string[])[first, .. rest]));
}
