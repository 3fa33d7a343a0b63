using Realtime.Daemon.Commands;

namespace Realtime.Daemon.Tests.Commands;

public sealed class ShortTextTests
{
    [Theory]
    [InlineData(0, "0")]
    [InlineData(5, "5")]
    [InlineData(23.123456, "23.12")]
    [InlineData(-0.03123, "-0.0312")]
    [InlineData(1234.5678, "1235")]
    [InlineData(12345.678, "12.35k")]
    [InlineData(-9876543, "-9.877M")]
    [InlineData(1.6e10, "16G")]
    [InlineData(0.00012, "1.2e-4")]
    [InlineData(1e30, "1.0e+30")]
    [InlineData(double.NaN, "-")]
    public void Number_OfAnySize_HasFourDigits(double value, string expected)
    {
        Assert.Equal(expected, ShortText.Number(value));
        Assert.True(expected.Length <= 8);
    }

    [Theory]
    [InlineData(820e3, "820 µs")]
    [InlineData(1.34e6, "1.3 ms")]
    [InlineData(250e6, "250 ms")]
    [InlineData(2.1e9, "2.1 s")]
    [InlineData(250e9, "4 m 10 s")]
    [InlineData(7500e9, "2 h 5 m")]
    [InlineData(3.2 * 86400e9, "3.2 d")]
    public void Duration_OfAnySize_HasItsUnit(double nanoseconds, string expected) =>
        Assert.Equal(expected, ShortText.Duration(nanoseconds));

    [Fact]
    public void Cut_ALongText_LeavesOutItsMiddle()
    {
        Assert.Equal("host/cpu", ShortText.Cut("host/cpu", 8));
        Assert.Equal("ho…sses", ShortText.Cut("host/processes", 7));
    }
}
