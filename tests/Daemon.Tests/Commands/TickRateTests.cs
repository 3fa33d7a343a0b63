using System.Diagnostics;
using Realtime.Daemon.Commands;

namespace Realtime.Daemon.Tests.Commands;

public sealed class TickRateTests
{
    [Theory]
    [InlineData(1000)]
    [InlineData(4)]
    [InlineData(0.2)]
    public void PerSecond_OfASteadyStream_IsItsRate(double rate)
    {
        var tickRate = new TickRate();
        long now = 0;
        for (var i = 0; i < 20 * Math.Max(rate, 1); i++)
        {
            now = (long)(i * Stopwatch.Frequency / rate);
            tickRate.Count(now);
        }

        Assert.Equal(rate, tickRate.PerSecond(now), rate / 1e6);
    }

    [Fact]
    public void PerSecond_OfAStreamThatHasGoneQuiet_Falls()
    {
        var tickRate = new TickRate();
        for (var i = 0; i <= 40; i++)
            tickRate.Count(i * Stopwatch.Frequency / 10);

        Assert.Equal(0.02, tickRate.PerSecond(104 * Stopwatch.Frequency), 3);
    }

    [Fact]
    public void PerSecond_BeforeTheSecondTick_IsNone()
    {
        var tickRate = new TickRate();
        Assert.Equal(0, tickRate.PerSecond(5));
        tickRate.Count(6);
        Assert.Equal(0, tickRate.PerSecond(7));
    }
}
