using Realtime.Daemon.Frames.Meters;

namespace Realtime.Daemon.Tests.Meters;

public sealed class ExponentialHistogramTests
{
    private const double Nano = 1e-9;
    private const double Ratio = 1.0442737824274138;
    private const double Error = 0.0222;

    [Fact]
    public void An_empty_one_has_no_quantile()
    {
        var histogram = new ExponentialHistogram(Nano);
        Assert.True(double.IsNaN(histogram.Quantile(0.99)));
        Assert.Equal((0, 0.0, 0), (histogram.Count, histogram.Sum, histogram.ZeroCount));
        Assert.Empty(histogram.Filled());
        Assert.Equal(0, histogram.CountUpTo(10));
    }

    [Fact]
    public void Every_value_lies_in_its_bucket()
    {
        var random = new Random(1);
        for (var i = 0; i < 200_000; i++)
        {
            var value = (long)Math.Pow(2, random.NextDouble() * 63);
            var histogram = new ExponentialHistogram(Nano);
            histogram.Add(value);
            var (low, high) = BoundsOf(Assert.Single(histogram.Filled()).Slot);
            Assert.True(
                value * Nano > low * (1 - 1e-14) && value * Nano <= high * (1 + 1e-14),
                $"{value} is not in {low}…{high}");
        }
    }

    // Bounds as OpenTelemetry has them: the upper one belongs to the bucket.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(1L << 10)]
    [InlineData(1L << 33)]
    public void A_power_of_two_is_the_last_of_its_bucket(long power)
    {
        var histogram = new ExponentialHistogram(1);
        var slot = histogram.SlotOf(power);
        Assert.True(histogram.SlotOf(power + 1) > slot);
        Assert.Equal((double)power, BoundsOf(slot).High, 1e-12 * power);
    }

    [Fact]
    public void The_smallest_and_the_largest_value_have_a_bucket()
    {
        var histogram = new ExponentialHistogram(Nano);
        histogram.Add(1);
        histogram.Add(long.MaxValue);
        Assert.Equal(2, histogram.Count);
        Assert.InRange(histogram.Quantile(0.5), Nano / Ratio, Nano * Ratio);
        Assert.InRange(histogram.Quantile(1), long.MaxValue * Nano / Ratio, long.MaxValue * Nano * Ratio);
    }

    [Fact]
    public void Zero_and_less_are_counted_as_zero()
    {
        var histogram = new ExponentialHistogram(Nano);
        histogram.Add(0, 3);
        histogram.Add(-5);
        histogram.Add(long.MinValue);
        histogram.Add(1000);
        Assert.Equal((6, 5, 1000 * Nano), (histogram.Count, histogram.ZeroCount, histogram.Sum));
        Assert.Equal(0, histogram.Quantile(0.8));
        Assert.Equal([0.0, 1000 * Nano], histogram.Filled().Select(static bucket => bucket.Mean));
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.9)]
    [InlineData(0.99)]
    [InlineData(0.999)]
    public void A_quantile_is_off_by_half_a_bucket_at_most(double q)
    {
        var random = new Random(7);
        var values = Enumerable.Range(0, 20_000)
            .Select(_ => (long)(1000 * Math.Exp(4 * random.NextDouble() * random.NextDouble()))).Order().ToArray();
        var histogram = new ExponentialHistogram(Nano);
        foreach (var value in values)
            histogram.Add(value);
        var exact = values[(int)Math.Ceiling(q * values.Length) - 1] * Nano;
        Assert.InRange(histogram.Quantile(q), exact * (1 - Error), exact * (1 + Error));
    }

    [Fact]
    public void Counts_and_sums_are_exact()
    {
        var random = new Random(3);
        var histogram = new ExponentialHistogram(Nano);
        var (count, sum) = (0L, 0L);
        for (var i = 0; i < 10_000; i++)
        {
            var (value, times) = (random.NextInt64(1, 1_000_000_000), random.Next(1, 5));
            histogram.Add(value, times);
            (count, sum) = (count + times, sum + value * times);
        }

        Assert.Equal((count, (double)sum), (histogram.Count, histogram.RawSum));
        Assert.Equal(sum * Nano, histogram.Filled().Sum(static bucket => bucket.Mean * bucket.Count), 1e-6);
    }

    [Fact]
    public void Counts_up_to_powers_of_two_are_exact()
    {
        var random = new Random(4);
        var values = Enumerable.Range(0, 5000).Select(_ => random.NextInt64(0, 5_000_000)).ToArray();
        var histogram = new ExponentialHistogram(Nano);
        foreach (var value in values)
            histogram.Add(value);
        for (var exponent = -31.0; exponent < 3; exponent += 0.5)
        {
            var bound = Math.Pow(2, exponent);
            Assert.Equal(values.Count(value => value * Nano <= bound), histogram.CountUpTo(exponent));
        }
    }

    [Fact]
    public void A_copy_is_the_same_whatever_it_was_before()
    {
        var (from, to) = (new ExponentialHistogram(Nano), new ExponentialHistogram(Nano));
        to.Add(5);
        to.Add(50_000_000);
        from.Add(1000, 3);
        from.CopyTo(to);
        Assert.Equal(from.Filled(), to.Filled());
        to.Add(7);
        Assert.Equal((3, 4), (from.Count, to.Count));
        new ExponentialHistogram(Nano).CopyTo(to);
        Assert.Empty(to.Filled());
    }

    [Fact]
    public void What_came_behind_a_copy_is_told_apart()
    {
        var (all, then) = (new ExponentialHistogram(Nano), new ExponentialHistogram(Nano));
        all.Add(1000, 3);
        all.CopyTo(then);
        all.Add(1000, 2);
        all.Add(2_000_000);
        var since = all.Since(then);
        Assert.Equal((3, 2_002_000.0), (since.Count, since.RawSum));
        then.Merge(since);
        Assert.Equal(all.Filled(), then.Filled());
    }

    private static (double Low, double High) BoundsOf(int slot) =>
        (Math.Pow(2, (slot - 482) / 16.0), Math.Pow(2, (slot - 481) / 16.0));
}
