using System.Globalization;
using FsCheck;
using FsCheck.Fluent;

namespace Realtime.Training.Tests.Series;

public sealed class TimeTextTests
{
    [Theory]
    [InlineData("1970-01-01", 0)]
    [InlineData("1970-01-02 00:00:01", 86401_000_000_000)]
    [InlineData("2016-07-01 00:00:00", 1467331200_000_000_000)]
    [InlineData("2016-07-01T01:00:00Z", 1467334800_000_000_000)]
    [InlineData("2016-07-01T03:00:00+02:00", 1467334800_000_000_000)]
    [InlineData("2016-06-30T20:30:00-0430", 1467334800_000_000_000)]
    [InlineData("2016-07-01T02:00:00+01", 1467334800_000_000_000)]
    [InlineData("2016-07-01 01:00 UTC", 1467334800_000_000_000)]
    [InlineData("2016/07/01 01:00", 1467334800_000_000_000)]
    [InlineData("7/1/2016 1:00", 1467334800_000_000_000)]
    [InlineData(" 07/01/2016 01:00:00 ", 1467334800_000_000_000)]
    [InlineData("2016-07-01 00:00:00.5", 1467331200_500_000_000)]
    [InlineData("2016-07-01 00:00:00.123456789", 1467331200_123_456_789)]
    [InlineData("2016-07-01 00:00:00,001", 1467331200_001_000_000)]
    [InlineData("1949-01", -662688000_000_000_000)]
    [InlineData("1969-12-31 23:59:59.9", -100_000_000)]
    [InlineData("2000-02-29", 951782400_000_000_000)]
    [InlineData("0", 0)]
    [InlineData("1467331200", 1467331200_000_000_000)]
    [InlineData("-60", -60_000_000_000)]
    [InlineData("1467331200.25", 1467331200_250_000_000)]
    [InlineData("-0.25", -250_000_000)]
    [InlineData("1467331200123", 1467331200_123_000_000)]
    [InlineData("1467331200123456", 1467331200_123_456_000)]
    [InlineData("1467331200123456789", 1467331200_123_456_789)]
    public void TryParse_ATime_IsNanosecondsSince1970(string text, long expected)
    {
        Assert.True(TimeText.TryParse(text, out var nanoseconds));
        Assert.Equal(expected, nanoseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("yesterday")]
    [InlineData("2016")]
    [InlineData("2016-13-01")]
    [InlineData("2016-00-01")]
    [InlineData("2015-02-29")]
    [InlineData("13/1/2016 0:00")]
    [InlineData("1/1/16")]
    [InlineData("1-1-2016")]
    [InlineData("2016-07/01")]
    [InlineData("2016-07-01 24:00")]
    [InlineData("2016-07-01 12")]
    [InlineData("2016-07-01 12:60")]
    [InlineData("2016-07-01 12:00:60")]
    [InlineData("2016-07-01 12:00:00.")]
    [InlineData("2016-07-01 12:00:00.1234567890")]
    [InlineData("2016-07-01 12:00 CEST")]
    [InlineData("2016-07-01 12:00+1")]
    [InlineData("2016-07-01 12:00+0160")]
    [InlineData("2016-07-01 12:00+24:00")]
    [InlineData("2016-07-01 12:00+01:0")]
    [InlineData("0001-01-01")]
    [InlineData("12016-07-01")]
    [InlineData("2016-07-01x")]
    public void TryParseDate_NoDate_IsRefused(string text)
    {
        Assert.False(TimeText.TryParseDate(text, out _));
    }

    [Theory]
    [InlineData("NaN")]
    [InlineData("inf")]
    [InlineData("1e300")]
    [InlineData("99999999999999")]
    [InlineData("99999999999999999")]
    public void TryParse_ANumberOutOfRange_IsRefused(string text)
    {
        Assert.False(TimeText.TryParse(text, out _));
    }

    [Fact]
    public void TryParse_AnyTime_AgreesWithTheRuntime()
    {
        var times = Gen.Choose(-250 * 365, 250 * 365).SelectMany(day => Gen.Choose(0, 86399)
            .Select(second => DateTime.UnixEpoch.AddDays(day).AddSeconds(second)));
        Prop.ForAll(times.ToArbitrary(), time =>
        {
            var expected = (time - DateTime.UnixEpoch).Ticks * 100;
            foreach (var form in new[] { "yyyy-MM-dd HH:mm:ss", "yyyy-MM-ddTHH:mm:ssZ", "M/d/yyyy H:mm:ss" })
            {
                var text = time.ToString(form.Replace("Z", "'Z'"), CultureInfo.InvariantCulture);
                Assert.True(TimeText.TryParse(text, out var nanoseconds), text);
                Assert.Equal(expected, nanoseconds);
            }
        }).Check(Config.QuickThrowOnFailure);
    }
}
