using Realtime.Cells.Adaptive;

namespace Realtime.Cells.Tests.Adaptive;

public sealed class AnomalyScoreTests
{
    private readonly Stream _stream = new(new OnlinePlan { Horizons = [1], Outputs = 1, Score = true });
    private readonly Series _series = new(new Random(1), 1);
    private readonly Random _random = new(2);
    private ulong _seq;
    private double _next;

    [Fact]
    public void Scores_AreWithinZeroAndOne_FromTheFirstThatHasAPast()
    {
        Assert.True(double.IsNaN(Next(0)));
        for (int i = 0; i < 32; i++) Assert.True(double.IsNaN(Next(Noise())));
        for (int i = 0; i < 5000; i++)
            Assert.InRange(Next(i % 500 == 0 ? Math.Pow(10, i % 200 - 100) : Noise()), 0, 1);
        Assert.InRange(Next(1e300), 0.8, 1);
        Assert.InRange(Next(-1e300), 0.8, 1);
    }

    [Fact]
    public void AnOutlier_StandsOut_AndLessSoWhenItComesAgain()
    {
        var usual = new List<double>();
        for (int i = 0; i < 3000; i++) usual.Add(Next(Noise()));
        double first = Next(25);
        Next(0);
        for (int i = 0; i < 20; i++) Next(Noise());
        double again = Next(24.9);
        usual.Sort();
        Assert.InRange(usual[1500], 0, 0.03);
        Assert.InRange(usual[2900], 0, 0.25);
        Assert.InRange(first, 0.8, 1);
        Assert.InRange(again, 0.1, 0.6 * first);
    }

    [Fact]
    public void AValueOutOfRange_ScoresHigh_ThoughItsResidualIsUsual()
    {
        // Forecasts are off by noise, whatever the values do.
        for (int i = 0; i < 4000; i++) Expect(10 * Math.Sin(i * 0.05));
        Expect(12);
        Expect(5);
        Assert.InRange(_stream.Settled.Score, 0.8, 1);
        Expect(12.1);
        Expect(5);
        Assert.InRange(_stream.Settled.Score, 0, 0.5);
    }

    [Theory]
    [InlineData(100, false)]
    [InlineData(400, true)]
    public void ARangeOfFewValues_SaysNothing(int ticks, bool tells)
    {
        for (int i = 0; i < ticks; i++) Expect(10 * Math.Sin(i * 0.05));
        Expect(12);
        Expect(5);
        Assert.Equal(tells, _stream.Settled.Score >= 0.8);
    }

    [Fact]
    public void Scores_DoNotDependOnTheUnit()
    {
        var other = new AnomalyScoreTests();
        for (int i = 0; i < 4000; i++)
        {
            double value = i % 311 == 0 ? 9 * Noise() : Noise();
            Assert.Equal(Next(value), other.Next(value * 1024), 1e-9);
        }
    }

    [Fact]
    public void Scale_IsFollowed_WhenResidualsGrowOrShrinkForGood()
    {
        foreach (double scale in new[] { 1.0, 1e6, 1e-6, 1e3 })
        {
            double sum = 0;
            for (int i = 0; i < 30_000; i++)
            {
                double score = Next(scale * Noise());
                if (i >= 29_000) sum += score;
            }

            // Of −log₁₀ p / 10 of a uniform p, half for all but the onset.
            Assert.InRange(sum / 1000, 0.015, 0.06);
        }
    }

    [Theory]
    [InlineData(1e-300)]
    [InlineData(0.02)]
    [InlineData(0.7)]
    [InlineData(1)]
    [InlineData(1.5)]
    [InlineData(12345.678)]
    [InlineData(1e300)]
    public void Logarithms_AreExact(double x)
    {
        Assert.Equal(Math.Log(x), SafeLog.Of(x), 1e-13 * Math.Max(1, Math.Abs(Math.Log(x))));
        Assert.Equal(Math.Log10(x), SafeLog.TenOf(x), 1e-13 * Math.Max(1, Math.Abs(Math.Log10(x))));
    }

    // A value, and a forecast near the next one.
    private void Expect(double value)
    {
        double next = _next;
        _next = value;
        _stream.Tick(_seq++, _series.Take(next, _random), [value + 0.1 * Noise()]);
    }

    // The forecast is always 0.
    private double Next(double value)
    {
        _stream.Tick(_seq++, _series.Take(value, _random), [0]);
        return _stream.Settled.Score;
    }

    private double Noise() => OnlineCoreTests.Normal(_random);
}
