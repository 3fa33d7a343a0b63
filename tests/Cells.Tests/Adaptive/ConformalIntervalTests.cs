using Realtime.Cells.Adaptive;

namespace Realtime.Cells.Tests.Adaptive;

/// <summary>The proven bound on the rate of misses, on streams that do their worst, and what is published.</summary>
public sealed class ConformalIntervalTests
{
    private const int Ticks = 20_000;

    // What the next value is to be, given the bounds published for it; the tick is at hand for changes of mind.
    private delegate double Adversary(double low, double high, int tick, Random random);

    private static readonly Dictionary<string, Adversary> _adversaries = new()
    {
        ["above"] = (_, high, _, _) => high < 1e99 ? high + Math.Max(1, Math.Abs(high)) * 1e-6 : 1,
        ["below"] = (low, _, tick, _) => low > -1e99 ? low - 1 - tick % 7 : 0,
        ["inside"] = (low, high, tick, _) => low == high ? low + 1e-3 : low < -1e99 ? tick
            : 0.5 * (low + high) + (tick % 2 == 0 ? 0.3 : -0.3) * (high - low),
        ["quiet and wild by turns"] = (_, _, tick, random) =>
            (tick / 700 % 2 == 0 ? 1e-3 : 1e3) * OnlineCoreTests.Normal(random),
        ["growing"] = (_, _, tick, random) => Math.Exp(tick * 0.001) * OnlineCoreTests.Normal(random),
        ["spikes"] = (_, _, tick, random) => tick % 9 == 0 ? 1e100 * random.NextDouble() : random.NextDouble(),
        ["noise"] = (_, _, _, random) => random.NextDouble(),
        ["outside, then inside"] = (low, high, tick, _) =>
            tick / 1000 % 2 == 0 ? (high < 1e99 ? high + 1 : 0)
                : low == high ? low - 1 : high < 1e99 ? 0.4 * low + 0.6 * high : 1,
    };

    public static TheoryData<string, double, int> Cases()
    {
        var cases = new TheoryData<string, double, int>();
        foreach (string name in _adversaries.Keys)
        {
            foreach (double level in new[] { 0.5, 0.8, 0.95 })
                foreach (int horizon in new[] { 1, 4 }) cases.Add(name, level, horizon);
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Misses_AreWithinTheProvenBound(string adversary, double level, int horizon)
    {
        var stream = new Stream(new OnlinePlan { Horizons = [horizon], Outputs = 1, Intervals = [level] });
        var series = new Series(new Random(1), 1);
        var random = new Random(2);
        var bounds = new Queue<(double Low, double High)>();
        double alpha = 1 - level, most = (Math.Max(alpha, level) + 0.005 * horizon) / 0.005;
        int misses = 0, judged = 0, hits = 0;
        for (int tick = 0; tick < Ticks; tick++)
        {
            bool due = bounds.Count == horizon;
            (double low, double high) = due ? bounds.Dequeue() : (0, 0);
            double value = _adversaries[adversary](low, high, tick, random);
            stream.Tick((ulong)tick, series.Take(value, random), [value]);
            double[] prediction = stream.Prediction;
            bounds.Enqueue((prediction[1], prediction[2]));
            if (!due) continue;
            judged++;
            hits += stream.Settled.Hits[0];
            // A value that was met exactly is a hit; nothing is gained on it.
            if (!(low <= value && value <= high)) misses++;
            Assert.True(Math.Abs(misses - alpha * judged) <= most + 1e-6,
                $"{adversary}: {misses} misses of {judged}, expected {alpha * judged:f1} within {most:f1}");
        }

        Assert.Equal(judged - misses, hits);
    }

    [Fact]
    public void AStreamThatDoesAsForecast_IsNeverMissed_AndMissesStayWithinTheBound()
    {
        var stream = new Stream(new OnlinePlan { Horizons = [1], Outputs = 1, Intervals = [0.8] });
        var series = new Series(new Random(1), 1);
        var random = new Random(2);
        int misses = 0;
        for (int tick = 0; tick < 20_000; tick++)
        {
            double forecast = stream.Prediction[0];
            // Now and then it leaves, until the interval has no bounds.
            bool leaves = tick / 500 % 10 == 9 && stream.Prediction[2] < 1e99;
            double value = leaves ? stream.Prediction[2] + 1 : forecast;
            stream.Tick((ulong)tick, series.Take(value, random), [value]);
            if (tick == 0) continue;
            if (leaves) misses++;
            Assert.Equal(leaves ? 0 : 1, stream.Settled.Hits[0]);
            Assert.True(misses - 0.2 * tick <= 161 + 1e-6, $"{misses} misses of {tick}");
        }

        Assert.InRange(misses, 100, 161 + 4000);
    }

    [Fact]
    public void AStreamThatStoodStill_IsCoveredAgainSoonAfterItMoves()
    {
        double[] levels = [0.8, 0.95];
        var stream = new Stream(new OnlinePlan { Horizons = [1], Outputs = 1, Intervals = levels });
        var series = new Series(new Random(1), 1);
        var random = new Random(2);
        int[] hits = [0, 0];
        for (int tick = 0; tick < 12_000; tick++)
        {
            double value = tick < 8000 ? 5 : 5 + OnlineCoreTests.Normal(random);
            stream.Tick((ulong)tick, series.Take(value, random), [5]);
            if (tick < 9000) continue;
            for (int i = 0; i < 2; i++) hits[i] += stream.Settled.Hits[i];
        }

        Assert.InRange(hits[0] / 3000.0, 0.77, 0.90);
        Assert.InRange(hits[1] / 3000.0, 0.93, 0.98);
    }

    [Fact]
    public void Coverage_OfNoise_IsNearTheLevelsFromTheFirstTickOn_AndLevelsAreNested()
    {
        double[] levels = [0.5, 0.8, 0.95];
        var stream = new Stream(new OnlinePlan { Horizons = [1, 8], Outputs = 1, Intervals = levels });
        var series = new Series(new Random(1), 1);
        var random = new Random(2);
        double[] hits = [0, 0, 0];
        int judged = 0;
        for (int tick = 0; tick < 4000; tick++)
        {
            double[] p = stream.Tick((ulong)tick, series.Take(OnlineCoreTests.Normal(random), random), [0, 0]);
            Assert.Equal(p[..7].OrderBy(_ => 0).Skip(1).Order(), p[1..7]);
            Assert.InRange(p[0], p[3], p[4]);
            judged += stream.Settled.Judged;
            for (int i = 0; i < 3; i++) hits[i] += stream.Settled.Hits[i];
        }

        for (int i = 0; i < 3; i++) Assert.InRange(hits[i] / judged, levels[i] - 0.012, levels[i] + 0.012);
    }

    [Fact]
    public void Move_IsTheStepOfGibbsAndCandes()
    {
        Assert.Equal(0.2 + 0.005 * 0.2, ConformalInterval.Move(0.2, 0.8, hit: true, exact: false), 1e-15);
        Assert.Equal(0.2 - 0.005 * 0.8, ConformalInterval.Move(0.2, 0.8, hit: false, exact: false), 1e-15);
        Assert.Equal(0.4, ConformalInterval.Move(0.3999, 0.8, hit: true, exact: true), 1e-15);
        Assert.Equal(0.7, ConformalInterval.Move(0.7, 0.8, hit: true, exact: true), 1e-15);
    }
}
