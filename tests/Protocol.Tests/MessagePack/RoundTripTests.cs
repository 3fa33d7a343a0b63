using FsCheck;
using FsCheck.Fluent;
using Realtime.Protocol.MessagePack;

namespace Realtime.Protocol.Tests.MessagePack;

public class RoundTripTests
{
    private static readonly int[] Lengths =
        [0, 1, 2, 3, 4, 5, 8, 15, 16, 17, 31, 32, 255, 256, 65535, 65536, 70000];

    [Fact]
    public void Every_unsigned_integer_comes_back()
    {
        Properties.Hold(Integers(), number => ReadsBack(unchecked((ulong)number)));

        static bool ReadsBack(ulong number)
        {
            var reader = new MessagePackReader(Pack.Bytes(writer => writer.WriteUInt64(number)));
            return reader.TryReadUInt64(out ulong read) && read == number && reader.AtEnd;
        }
    }

    [Fact]
    public void Every_signed_integer_comes_back()
    {
        Properties.Hold(Integers(), ReadsBack);

        static bool ReadsBack(long number)
        {
            var reader = new MessagePackReader(Pack.Bytes(writer => writer.WriteInt64(number)));
            return reader.TryReadInt64(out long read) && read == number && reader.AtEnd;
        }
    }

    [Fact]
    public void Integers_take_their_shortest_form()
    {
        (long Number, int Size)[] expected =
        [
            (0, 1), (127, 1), (128, 2), (255, 2), (256, 3), (65535, 3), (65536, 5), (uint.MaxValue, 5),
            (1L + uint.MaxValue, 9), (long.MaxValue, 9), (-1, 1), (-32, 1), (-33, 2), (-128, 2), (-129, 3),
            (short.MinValue, 3), (short.MinValue - 1, 5), (int.MinValue, 5), (int.MinValue - 1L, 9),
            (long.MinValue, 9),
        ];
        foreach ((long number, int size) in expected)
            Assert.Equal(size, Pack.Bytes(writer => writer.WriteInt64(number)).Length);
    }

    [Fact]
    public void Every_double_comes_back_with_its_bits()
    {
        Properties.Hold<ulong>(bits =>
        {
            var reader = new MessagePackReader(
                Pack.Bytes(writer => writer.WriteDouble(BitConverter.UInt64BitsToDouble(bits))));
            return reader.TryReadDouble(out double read)
                && BitConverter.DoubleToUInt64Bits(read) == bits
                && reader.AtEnd;
        });
    }

    [Fact]
    public void Every_float_comes_back_as_a_double()
    {
        Properties.Hold<float>(number =>
        {
            var reader = new MessagePackReader(Pack.Bytes(writer => writer.WriteSingle(number)));
            return reader.TryReadDouble(out double read) && read.Equals(number) && reader.AtEnd;
        });
    }

    [Fact]
    public void Every_text_comes_back()
    {
        Properties.Hold<NonNull<string>>(text =>
        {
            byte[] expected = System.Text.Encoding.UTF8.GetBytes(text.Get);
            byte[] payload = Pack.Bytes(writer => writer.WriteString(text.Get));
            Assert.Equal(payload, Pack.Bytes(writer => writer.WriteString(expected)));
            var reader = new MessagePackReader(payload);
            return reader.TryReadString(out ReadOnlySpan<byte> read) && read.SequenceEqual(expected) && reader.AtEnd;
        });
    }

    [Fact]
    public void Strings_bins_and_extensions_of_every_length_form_come_back()
    {
        foreach (int length in Lengths)
        {
            byte[] data = [.. Enumerable.Range(0, length).Select(i => (byte)(i * 31 + 7))];
            var reader = new MessagePackReader(Pack.Bytes(writer =>
            {
                writer.WriteString(data);
                writer.WriteBinary(data);
                writer.WriteExtension(-7, data);
            }));
            Assert.True(reader.TryReadString(out ReadOnlySpan<byte> text) && text.SequenceEqual(data));
            Assert.True(reader.TryReadBinary(out ReadOnlySpan<byte> bin) && bin.SequenceEqual(data));
            Assert.True(reader.TryReadExtension(out sbyte type, out ReadOnlySpan<byte> ext));
            Assert.True(type == -7 && ext.SequenceEqual(data));
            Assert.True(reader.AtEnd);
        }
    }

    [Fact]
    public void Arrays_and_maps_of_every_length_form_come_back()
    {
        foreach (int length in Lengths)
        {
            byte[] payload = Pack.Bytes(writer =>
            {
                writer.WriteArrayHeader(length);
                for (int i = 0; i < length; i++)
                    writer.WriteInt64(i);
                writer.WriteMapHeader(length);
                for (int i = 0; i < 2 * length; i++)
                    writer.WriteNil();
            });
            var reader = new MessagePackReader(payload);
            Assert.True(reader.TryReadArrayHeader(out int count));
            Assert.Equal(length, count);
            for (int i = 0; i < length; i++)
                Assert.True(reader.TryReadInt64(out long item) && item == i);
            Assert.True(reader.TryReadMapHeader(out count));
            Assert.Equal(length, count);
            for (int i = 0; i < 2 * length; i++)
                Assert.True(reader.TryReadNil());
            Assert.True(reader.AtEnd);

            reader = new MessagePackReader(payload);
            Assert.True(reader.TrySkip() && reader.TrySkip() && reader.AtEnd);
        }
    }

    [Fact]
    public void Every_time_comes_back_as_a_timestamp()
    {
        Properties.Hold(Integers(), ReadsBack);

        static bool ReadsBack(long time)
        {
            var reader = new MessagePackReader(Pack.Bytes(writer => writer.WriteTimestamp(time)));
            return reader.TryReadTimestamp(out long read) && read == time && reader.AtEnd;
        }
    }

    [Fact]
    public void WriteTimestamp_TakesItsShortestForm()
    {
        Assert.Equal(6, Pack.Bytes(writer => writer.WriteTimestamp(1_700_000_000_000_000_000)).Length);
        Assert.Equal(10, Pack.Bytes(writer => writer.WriteTimestamp(1_700_000_000_000_000_001)).Length);
        Assert.Equal(15, Pack.Bytes(writer => writer.WriteTimestamp(-1)).Length);
    }

    [Fact]
    public void Begun_arrays_and_maps_get_their_counts()
    {
        byte[] payload = Pack.Bytes(writer =>
        {
            int map = writer.BeginMap();
            writer.WriteString("a");
            int array = writer.BeginArray();
            writer.WriteNil();
            writer.WriteBoolean(true);
            writer.EndArray(array, 2);
            writer.EndMap(map, 1);
        });
        Assert.True(MessagePackValue.TryParse(payload, out MessagePackValue? value));
        Assert.Equal("""{"a":[null,true]}""", value.ToString());
    }

    [Fact]
    public void Truncate_TakesBackWhatWasWrittenSince()
    {
        var writer = new MessagePackWriter();
        writer.WriteInt64(1);
        int length = writer.Length;
        writer.WriteString("gone");
        writer.Truncate(length);
        Assert.Equal([1], writer.Written.ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Truncate(2));
    }

    [Fact]
    public void Numbers_are_read_across_types_where_nothing_is_lost()
    {
        byte[] two = Pack.Bytes(writer => writer.WriteDouble(2));
        Assert.True(new MessagePackReader(two).TryReadUInt64(out ulong unsigned));
        Assert.Equal(2UL, unsigned);
        byte[] minusTwo = Pack.Bytes(writer => writer.WriteSingle(-2));
        Assert.True(new MessagePackReader(minusTwo).TryReadInt64(out long signed));
        Assert.Equal(-2, signed);
        Assert.False(new MessagePackReader(minusTwo).TryReadUInt64(out _));
        foreach (double number in (double[])[0.5, double.NaN, double.PositiveInfinity, 1e300, -1e300])
        {
            byte[] payload = Pack.Bytes(writer => writer.WriteDouble(number));
            Assert.False(new MessagePackReader(payload).TryReadUInt64(out _));
            Assert.False(new MessagePackReader(payload).TryReadInt64(out _));
        }
        byte[] large = Pack.Bytes(writer => writer.WriteUInt64(ulong.MaxValue));
        Assert.False(new MessagePackReader(large).TryReadInt64(out _));
        Assert.True(new MessagePackReader(large).TryReadDouble(out double rounded));
        Assert.Equal(18446744073709551615.0, rounded);
    }

    [Fact]
    public void A_failed_read_leaves_the_reader_where_it_was()
    {
        byte[][] elements =
        [
            Pack.Array(1), Pack.Map(("a", 1)), Pack.Bytes(w => w.WriteString("x")), Pack.Bytes(w => w.WriteNil()),
            Pack.Bytes(w => w.WriteBoolean(false)), Pack.Bytes(w => w.WriteDouble(0.5)), [0xc1], [],
            Pack.Bytes(w => w.WriteBinary((byte[])[1])), Pack.Bytes(w => w.WriteExtension(5, [1])),
            Pack.Bytes(w => w.WriteInt64(-5)), [0xcb, 1], [0xd9], [0xd9, 5, 1], [0xc7, 1], [0xd4, 1],
        ];
        foreach (byte[] element in elements)
        {
            var reader = new MessagePackReader(element);
            Assert.True(!reader.TryReadNil() ? reader.Position == 0 : reader.AtEnd);
            reader = new MessagePackReader(element);
            Assert.True(!reader.TryReadBoolean(out _) ? reader.Position == 0 : reader.AtEnd);
            reader = new MessagePackReader(element);
            Assert.True(!reader.TryReadDouble(out _) ? reader.Position == 0 : reader.AtEnd);
            reader = new MessagePackReader(element);
            Assert.True(!reader.TryReadUInt64(out _) ? reader.Position == 0 : reader.AtEnd);
            reader = new MessagePackReader(element);
            Assert.True(!reader.TryReadInt64(out _) ? reader.Position == 0 : reader.AtEnd);
            reader = new MessagePackReader(element);
            Assert.True(!reader.TryReadString(out _) ? reader.Position == 0 : reader.AtEnd);
            reader = new MessagePackReader(element);
            Assert.True(!reader.TryReadBinary(out _) ? reader.Position == 0 : reader.AtEnd);
            reader = new MessagePackReader(element);
            Assert.True(!reader.TryReadExtension(out _, out _) ? reader.Position == 0 : reader.AtEnd);
            reader = new MessagePackReader(element);
            Assert.True(reader.TryReadTimestamp(out _) || reader.Position == 0);
            reader = new MessagePackReader(element);
            Assert.True(!reader.TryReadRaw(out _) ? reader.Position == 0 : reader.AtEnd);
        }
    }

    /// <summary>Integers of every size, the edges of all forms among them.</summary>
    private static Arbitrary<long> Integers()
    {
        Gen<long> edges = from shift in Gen.Choose(0, 63)
                          from offset in Gen.Choose(-2, 2)
                          from sign in Gen.Elements(1L, -1L)
                          select unchecked(sign * ((1L << shift) + offset));
        return Arb.From(Gen.OneOf(edges, ArbMap.Default.GeneratorFor<long>()));
    }
}
