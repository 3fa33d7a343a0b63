using Realtime.Daemon.Bench;

namespace Realtime.Daemon.Tests.Bench;

public sealed class SpreadTests
{
    [Fact]
    public void Of_OddRounds_TakesTheMiddle() => Assert.Equal(new Spread(3, 1, 9), Spread.Of([9, 1, 3]));

    [Fact]
    public void Of_EvenRounds_TakesTheMeanOfTheMiddleTwo() =>
        Assert.Equal(new Spread(2.5, 1, 9), Spread.Of([9, 1, 3, 2]));

    [Fact]
    public void OfRatios_DividesRoundByRound() =>
        Assert.Equal(new Spread(3, 2, 4), Spread.OfRatios([2, 6, 12], [1, 2, 3]));

    [Fact]
    public void Of_NoRounds_Throws() => Assert.Throws<ArgumentException>(() => Spread.Of([]));

    [Theory]
    [InlineData(0.5, 50)]
    [InlineData(0.99, 99)]
    [InlineData(0.999, 100)]
    [InlineData(0, 1)]
    [InlineData(1, 100)]
    public void Percentile_OfOneToAHundred_IsTheValueThatSoManyAreNotAbove(double share, double expected)
    {
        var latencies = new Latencies(100);
        for (var i = 100; i >= 1; i--)
            latencies.Add(i);
        Assert.Equal(expected, latencies.Percentile(share));
    }

    [Fact]
    public void Percentile_OfNone_IsNoNumber() => Assert.True(double.IsNaN(new Latencies(1).Percentile(0.5)));
}
