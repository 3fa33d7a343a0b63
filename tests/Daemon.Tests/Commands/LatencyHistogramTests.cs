using FsCheck;
using FsCheck.Fluent;
using Realtime.Daemon.Commands;

namespace Realtime.Daemon.Tests.Commands;

public sealed class LatencyHistogramTests
{
    [Fact]
    public void Quantile_OfAnyDurations_IsWithinOnePartOfTheExactOne()
    {
        // From a microsecond to hours, spread over the powers of two.
        var durations = Gen.Choose(10_000, 45_000).Select(static exponent => (long)Math.Pow(2, exponent / 1000.0));
        var samples = durations.NonEmptyListOf().Select(static list => list.ToArray()).ToArbitrary();
        Prop.ForAll(samples, static sample => Check(sample)).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Quantile_BeforeTheFirst_IsNothing()
    {
        Assert.True(double.IsNaN(new LatencyHistogram().Quantile(0.5)));
    }

    [Fact]
    public void Record_ATimeInTheFuture_CountsAsTheShortest()
    {
        var histogram = new LatencyHistogram();
        histogram.Record(-5_000_000);
        histogram.Record(3_000_000);

        Assert.Equal(2, histogram.Count);
        Assert.InRange(histogram.Quantile(0.5), 0, 1100);
        Assert.Equal(3_000_000, histogram.Max);
    }

    [Fact]
    public void Quantile_OfEqualDurations_IsNotAboveThem()
    {
        var histogram = new LatencyHistogram();
        for (var i = 0; i < 1000; i++)
            histogram.Record(1_234_567);

        Assert.InRange(histogram.Quantile(0.5), 1_234_567 / (1 + 1 / 32.0), 1_234_567);
        Assert.Equal(1_234_567, histogram.Quantile(1));
    }

    private static bool Check(long[] sample)
    {
        var histogram = new LatencyHistogram();
        foreach (var duration in sample)
            histogram.Record(duration);
        Array.Sort(sample);
        return new[] { 0.01, 0.5, 0.9, 0.99, 1 }.All(q =>
        {
            var exact = sample[Math.Max(0, (int)Math.Ceiling(q * sample.Length) - 1)];
            var found = histogram.Quantile(q);
            return found >= exact / (1 + 1 / 32.0) - 1 && found <= exact * (1 + 1 / 32.0) + 1;
        });
    }
}
