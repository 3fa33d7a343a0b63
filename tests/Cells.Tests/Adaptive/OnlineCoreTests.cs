using Realtime.Cells.Adaptive;

namespace Realtime.Cells.Tests.Adaptive;

/// <summary>The adaptive head against a plain form of it, and which value settles which forecast.</summary>
public sealed class OnlineCoreTests
{
    private const int Features = 7;

    [Theory]
    [InlineData(1, 0.9998)]
    [InlineData(2, 0.99)]
    public void Forecasts_AreThoseOfTheTextbook(int outputs, double forgetting)
    {
        int[] horizons = [1, 3, 8];
        var stream = new Stream(Plan(horizons, outputs, forgetting));
        var plain = new PlainForecaster(horizons, outputs, Features, forgetting, ridge: 0.5);
        var random = new Random(5);
        var series = new Series(random, outputs);
        double worst = 0;
        long seq = 100;
        for (int tick = 0; tick < 6000; tick++)
        {
            // Now and then a tick is passed over, or a value is missing.
            seq += random.Next(300) == 0 ? 3 : 1;
            series.Next();
            for (int o = 0; o < outputs; o++) if (random.Next(100) == 0) series.Values[o] = double.NaN;

            double[] frozen = [.. Enumerable.Range(0, horizons.Length * outputs)
                .Select(m => series.Last[m % outputs] + random.NextDouble() - 0.5)];
            plain.Settle(seq, [.. series.Values]);
            double[] expected = plain.Finish(seq, series.Features, series.Last, series.Scales, frozen);
            double[] actual = stream.Tick((ulong)seq, series, frozen);
            for (int m = 0; m < expected.Length; m++)
                worst = Math.Max(worst, Math.Abs(expected[m] - actual[m]) / series.Scales[m % outputs]);
        }

        // Float32 against double, over 6,000 updates.
        Assert.InRange(worst, 1e-9, 2e-3);
    }

    [Fact]
    public void Covariance_IsThatOfTheTextbook()
    {
        const int features = 21;
        var random = new Random(3);
        using var factors = new Factors(features);
        var p = new double[features, features];
        for (int i = 0; i < features; i++) p[i, i] = 1;
        for (int tick = 0; tick < 5000; tick++)
        {
            float[] f = [.. Enumerable.Range(0, features - 1).Select(i => (float)(2 * random.NextDouble() - 1)), 1];
            // Nearly collinear at times, which is where a plain form in float32 loses its sign.
            if (tick % 2 == 0) f[1] = f[0] + 1e-3f * f[2];
            float spread = factors.Update(f, 0.999f, out float[] k);
            var gain = new double[features];
            for (int i = 0; i < features; i++)
                for (int j = 0; j < features; j++) gain[i] += p[i, j] * f[j];
            double expected = gain.Zip(f, (a, b) => a * b).Sum();
            for (int i = 0; i < features; i++)
                for (int j = 0; j < features; j++)
                    p[i, j] = (p[i, j] - gain[i] * gain[j] / (0.999f + expected)) / 0.999f;
            Assert.InRange(Math.Abs(spread - expected), 0, 1e-3 * (1 + expected));
            double size = gain.Max(Math.Abs);
            for (int i = 0; i < features; i++) Assert.InRange(Math.Abs(k[i] - gain[i]), 0, 2e-3 * size);
        }

        double largest = 0;
        for (int i = 0; i < features; i++) largest = Math.Max(largest, p[i, i]);
        Assert.InRange(factors.Largest, 0.995 * largest, 1.005 * largest);
    }

    [Fact]
    public void AValue_SettlesOnlyTheForecastsMadeForIt()
    {
        var stream = new Stream(Plan([2], 1, 0.999));
        var series = new Series(new Random(1), 1);
        for (ulong seq = 1; seq <= 100; seq++) stream.Tick(seq, series.Next(), [0]);

        // 101 is missing: 102 settles what was made at 100, 103 finds nothing made at 101.
        float[] before = stream.Weights;
        stream.Core.Settle(102, [3], stream.Memory);
        float[] after = stream.Weights;
        Assert.NotEqual(before, after);
        stream.Core.Settle(103, [3], stream.Memory);
        Assert.Equal(after, stream.Weights);
    }

    [Fact]
    public void AMissingValue_SettlesNothing_AndNothingIsLearntFromItsOwnForecast()
    {
        var stream = new Stream(Plan([1], 1, 0.999));
        var series = new Series(new Random(1), 1);
        for (ulong seq = 1; seq <= 100; seq++) stream.Tick(seq, series.Next(), [0]);
        float[] before = stream.Weights;
        series.Next().Values[0] = double.NaN;
        stream.Tick(101, series, [0]);
        Assert.Equal(before, stream.Weights);
        Settled settled = stream.Core.Settle(102, [series.Last[0]], stream.Memory);
        Assert.Equal(before, stream.Weights);
        Assert.True(double.IsNaN(settled.AbsoluteError));
        Assert.Equal(0, settled.Judged);
    }

    [Fact]
    public void NumbersThatBeginAnew_DropWhatWaits_AndKeepWhatWasLearnt()
    {
        var stream = new Stream(Plan([1, 2], 1, 0.999));
        var series = new Series(new Random(1), 1);
        for (ulong seq = 1; seq <= 100; seq++) stream.Tick(seq, series.Next(), [0, 0]);
        float[] before = stream.Weights;
        stream.Tick(3, series.Next(), [0, 0]);
        Assert.Equal(before, stream.Weights);
        stream.Tick(4, series.Next(), [0, 0]);
        Assert.NotEqual(before, stream.Weights);

        before = stream.Weights;
        stream.Core.ForgetPending(stream.Memory);
        stream.Tick(5, series.Next(), [0, 0]);
        Assert.Equal(before, stream.Weights);
    }

    [Fact]
    public void Settled_TellsTheErrorOfTheShortestHorizon()
    {
        var stream = new Stream(new OnlinePlan { Horizons = [1, 2], Outputs = 1, Intervals = [0.5], Score = true });
        var series = new Series(new Random(1), 1);
        series.Next();
        stream.Tick(1, series, [series.Last[0] + 2, 0]);
        Settled settled = stream.Core.Settle(2, [series.Last[0] + 0.5], stream.Memory);
        Assert.Equal(1.5, settled.AbsoluteError, 1e-12);
        Assert.Equal(0.5, settled.Persistence, 1e-12);
        Assert.Equal(1, settled.Judged);
    }

    [Fact]
    public void TheHeadThatIsBetter_IsPublished()
    {
        var stream = new Stream(Plan([1], 1, 0.999));
        var random = new Random(1);
        var series = new Series(random, 1);
        double[] next = [.. Enumerable.Range(0, 1002).Select(_ => random.NextDouble())];
        for (int tick = 0; tick < 1000; tick++)
        {
            series.Take(next[tick], random);
            stream.Tick((ulong)tick, series, [next[tick + 1]]);
        }

        // A frozen head that knows the next value of noise.
        Assert.Equal(OnlineFlags.Frozen, stream.Flags);

        // A value that can only be guessed where it was.
        for (int tick = 1000; tick < 7000; tick++) stream.Tick((ulong)tick, series.Take(0.5, random), [0.7]);
        Assert.Equal(OnlineFlags.Fallback, stream.Flags);
        Assert.Equal(0.5, stream.Prediction[0]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ARandomWalk_CostsLittleMoreThanPersistence(bool heavyTails)
    {
        double ratios = 0;
        for (int seed = 0; seed < 10; seed++)
        {
            var random = new Random(seed);
            var stream = new Stream(Plan([1], 1, 0.9998));
            var series = new Series(random, 1);
            double x = 0, forecast = 0, errors = 0, steps = 0;
            for (int tick = 0; tick < 5000; tick++)
            {
                double step = Normal(random);
                if (heavyTails) step /= Math.Sqrt((Square(random) + Square(random) + Square(random)) / 3);
                double before = x;
                x += step;
                if (tick > 100) (errors, steps) = (errors + (x - forecast) * (x - forecast), steps + step * step);
                forecast = stream.Tick((ulong)tick, series.Take(x, random), [before])[0];
            }

            ratios += errors / steps / 10;
        }

        Assert.InRange(ratios, 0.99, 1.005);
    }

    internal static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static double Square(Random random) => Math.Pow(Normal(random), 2);

    private static OnlinePlan Plan(int[] horizons, int outputs, double forgetting) => new()
    {
        Horizons = horizons, Outputs = outputs, Features = Features, Forgetting = forgetting, Ridge = 0.5,
    };
}
