using Realtime.Protocol.MessagePack;

namespace Realtime.Protocol.Tests;

public class TickTimeTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1_000_000_000)]
    [InlineData(-1, -1_000_000_000)]
    [InlineData(1_700_000_000, 1_700_000_000_000_000_000)]
    [InlineData(-1_700_000_000, -1_700_000_000_000_000_000)]
    [InlineData(9_223_372_036, 9_223_372_036_000_000_000)]
    [InlineData(100_000_000_000, 100_000_000_000_000_000)]
    [InlineData(-100_000_000_000, -100_000_000_000_000_000)]
    [InlineData(1_700_000_000_123, 1_700_000_000_123_000_000)]
    [InlineData(-1_700_000_000_123, -1_700_000_000_123_000_000)]
    [InlineData(100_000_000_000_000, 100_000_000_000_000_000)]
    [InlineData(1_700_000_000_123_456, 1_700_000_000_123_456_000)]
    [InlineData(-1_700_000_000_123_456, -1_700_000_000_123_456_000)]
    [InlineData(100_000_000_000_000_000, 100_000_000_000_000_000)]
    [InlineData(1_700_000_000_123_456_789, 1_700_000_000_123_456_789)]
    [InlineData(-1_700_000_000_123_456_789, -1_700_000_000_123_456_789)]
    [InlineData(long.MaxValue, long.MaxValue)]
    [InlineData(long.MinValue, long.MinValue)]
    public void An_integer_has_its_unit_by_its_size(long number, long expected) => Assert.Equal(expected, Read(number));

    [Theory]
    [InlineData(99_999_999_999)]
    [InlineData(-99_999_999_999)]
    [InlineData(9_223_372_037)]
    [InlineData(99_999_999_999_999)]
    [InlineData(-99_999_999_999_999_999)]
    public void An_integer_whose_unit_puts_it_outside_64_bits_of_nanoseconds_is_refused(long number) =>
        Assert.Null(Read(number));

    [Fact]
    public void An_unsigned_integer_above_all_signed_ones_is_refused() => Assert.Null(Read(ulong.MaxValue));

    [Theory]
    [InlineData(0.0, 0)]
    [InlineData(1.5, 1_500_000_000)]
    [InlineData(-1.5, -1_500_000_000)]
    [InlineData(-0.25, -250_000_000)]
    [InlineData(1_700_000_000.5, 1_700_000_000_500_000_000)]
    [InlineData(1_700_000_000.123456, 1_700_000_000_123_456_001)]
    [InlineData(1e-9, 1)]
    [InlineData(9_223_372_035.5, 9_223_372_035_500_000_000)]
    public void A_float_is_seconds(double seconds, long expected) => Assert.Equal(expected, Read(seconds));

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    [InlineData(1.7e12)]
    [InlineData(-1e300)]
    [InlineData(9_223_372_036.0)]
    public void A_float_that_is_no_time_is_refused(double seconds) => Assert.Null(Read(seconds));

    [Fact]
    public void A_float32_is_seconds_too() => Assert.Equal(1_500_000_000, Read(1.5f));

    [Fact]
    public void Every_timestamp_form_is_read()
    {
        Assert.Equal(5_000_000_000, Read(Pack.Raw(0xd6, 0xff, 0, 0, 0, 5)));
        Assert.Equal(5_000_000_001, Read(Pack.Raw(0xd7, 0xff, 0, 0, 0, 4, 0, 0, 0, 5)));
        Assert.Equal(
            -999_999_999,
            Read(Pack.Raw(0xc7, 12, 0xff, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)));
        Assert.Null(Read(Pack.Raw(0xd6, 0xfe, 0, 0, 0, 5)));
        Assert.Null(Read(Pack.Raw(0xc7, 3, 0xff, 0, 0, 5)));
    }

    private static long? Read(object time)
    {
        byte[] payload = Pack.Map(("time", time), ("v", 1));
        Assert.Equal(PayloadKind.Tick, TickReader.ReadHeader(payload).Kind);
        int cursor = 0;
        return TickReader.TryReadTick(payload, ref cursor, out Tick tick, out _) && tick.HasTime ? tick.Time : null;
    }
}
