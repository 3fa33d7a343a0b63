using Realtime.Daemon.Frames.Access;
using Realtime.Daemon.Tests.Simulation;

namespace Realtime.Daemon.Tests.Security;

public sealed class TokenBucketTests
{
    private const long Second = 1_000_000_000;

    [Fact]
    public void A_second_of_ticks_may_come_at_once_and_then_they_come_evenly()
    {
        var bucket = new TokenBucket(10, now: 0);
        Assert.Equal(10, Enumerable.Range(0, 50).Count(_ => bucket.TryTake(0)));
        Assert.False(bucket.TryTake(Second / 10 - 1));
        Assert.True(bucket.TryTake(Second / 10));
        Assert.False(bucket.TryTake(Second / 10));
        Assert.Equal(10, Enumerable.Range(0, 50).Count(_ => bucket.TryTake(100 * Second)));
    }

    [Fact]
    public void A_clock_that_is_set_back_neither_gives_nor_takes()
    {
        var bucket = new TokenBucket(2, now: 100 * Second);
        Assert.True(bucket.TryTake(100 * Second));
        Assert.True(bucket.TryTake(10 * Second));
        Assert.False(bucket.TryTake(10 * Second));
        Assert.True(bucket.TryTake(10 * Second + Second / 2));
    }

    [Fact]
    public void In_no_stretch_of_time_do_more_come_than_its_rate_and_one_second_of_it() =>
        Properties.Hold<(byte Rate, ushort[] Steps)>(static one =>
        {
            var rate = one.Rate + 1;
            var bucket = new TokenBucket(rate, now: 0);
            var taken = new List<long>();
            var now = 0L;
            foreach (var step in one.Steps)
            {
                now += step * 100_000L;
                for (var i = 0; i < 5; i++)
                    if (bucket.TryTake(now))
                        taken.Add(now);
            }

            for (var first = 0; first < taken.Count; first++)
                for (var last = first; last < taken.Count; last++)
                    if ((last - first) * Second > rate * (taken[last] - taken[first]) + rate * Second)
                        return false;
            return true;
        });

    [Fact]
    public void Who_keeps_to_the_rate_is_never_refused() =>
        Properties.Hold<(byte Rate, ushort[] Delays)>(static one =>
        {
            var rate = one.Rate + 1;
            var bucket = new TokenBucket(rate, now: 0);
            var now = 0L;
            return one.Delays.All(delay =>
            {
                now += (Second + rate - 1) / rate + delay;
                return bucket.TryTake(now);
            });
        });

    [Fact]
    public void The_fastest_rate_does_not_overflow()
    {
        var bucket = new TokenBucket(1_000_000_000, now: long.MaxValue / 2);
        Assert.True(bucket.TryTake(long.MaxValue / 2));
        Assert.True(bucket.TryTake(long.MaxValue - 1));
        Assert.False(bucket.IsEmpty);
    }
}
