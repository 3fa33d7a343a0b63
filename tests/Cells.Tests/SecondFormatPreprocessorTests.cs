using Realtime.Cells.Tests.Files;
using Realtime.Cells.Tests.Support;

namespace Realtime.Cells.Tests;

/// <summary>What format 2 adds around the network, against formulas over a stream's whole past.</summary>
public sealed class SecondFormatPreprocessorTests
{
    private const double Missing = double.NaN;

    // 2026-11-23 is a Monday.
    private static readonly long _monday = Nanoseconds(2026, 11, 23, 0);

    [Fact]
    public void Prepare_Features_FollowTheFormatOverThePast()
    {
        var stream = new Stream(SecondFormat.Running());
        var random = new Random(7);
        List<double>[] past = [[], []];
        for (int t = 0; t < 400; t++)
        {
            double[] values = [100 + 5 * random.NextDouble(), (t / 50 % 2 == 0 ? 1 : 40) * random.NextDouble()];
            for (int i = 0; i < 2; i++)
            {
                if (random.Next(8) == 0) values[i] = Missing;
                past[i].Add(values[i]);
            }

            long time = _monday + t * 1_800_000_000_000L;
            Assert.Equal(values.Any(double.IsNaN), stream.Prepare(time, values));
            Assert.Equal(Difference(past[1], 30, 2.5), stream.X[2], 1e-5);
            Assert.Equal(Difference(past[0], 30, 5), stream.Extra[4], 1e-5);
            double day = t / 48.0, week = day / 7;
            AssertCircle(day, stream.Extra, 0);
            AssertCircle(2 * day, stream.Extra, 2);
            AssertCircle(week, stream.X, 3);
            for (int i = 0; i < 2; i++)
            {
                double scale = Scale(past[i], 30);
                Assert.Equal(1, stream.Preprocessor.Scale(i, stream.Memory) / scale, 1e-9);
                Assert.InRange(Math.Abs(stream.X[i]), 0, 4);
            }
        }
    }

    [Fact]
    public void Prepare_ByHand_HasDifferencesInUnitsOfTheirScale()
    {
        var stream = new Stream(SecondFormat.Running());
        stream.Prepare(Preprocessor.NoTime, 4, 10);
        // One value has no difference.
        Assert.Equal([0, 0, 0, 0, 0], stream.X);
        stream.Prepare(Preprocessor.NoTime, 6, 10);
        // a: 2 / 2; z: mean 5, sigma 1. b has not moved: 0 / (1e-9 · 10.001).
        Assert.Equal([1, 0, 0, 0, 0], stream.X);
        Assert.Equal([0, 0, 0, 0, 1], stream.Extra);
        Assert.Equal(2, stream.Preprocessor.Scale(0, stream.Memory));
        Assert.Equal(1e-9 * 10.001, stream.Preprocessor.Scale(1, stream.Memory), 1e-20);
        stream.Prepare(Preprocessor.NoTime, Missing, 9);
        // b: -1 / √(1/2).
        Assert.Equal([-1.4142135f, 0], [stream.X[2], stream.Extra[4]]);
        stream.Prepare(Preprocessor.NoTime, 8, Missing);
        // a's tick before was missing.
        Assert.Equal([0, 0], [stream.X[2], stream.Extra[4]]);
        Assert.Equal(2, stream.Preprocessor.Scale(0, stream.Memory));
        stream.Prepare(Preprocessor.NoTime, 12, 9);
        // a: 4 / √((4 + 16) / 2).
        Assert.Equal([0, 1.2649111f], [stream.X[2], stream.Extra[4]]);
        Assert.Equal([12, 9], stream.Slot("previous"));
    }

    [Fact]
    public void Prepare_LongAgoChange_LeavesATenthOfItsMean()
    {
        var stream = new Stream(SecondFormat.Running());
        stream.Prepare(Preprocessor.NoTime, 0, 0);
        stream.Prepare(Preprocessor.NoTime, 3, 0);
        for (int t = 2; t < 2000; t++) stream.Prepare(Preprocessor.NoTime, 3, 0);
        Assert.Equal(0.1 * Math.Sqrt(9.0 / 1999), stream.Preprocessor.Scale(0, stream.Memory), 1e-12);
    }

    [Theory]
    [InlineData(1e38)]
    [InlineData(1e100)]
    [InlineData(-1e100)]
    public void Prepare_AnErrorCodeForOneTick_IsForgotten(double code)
    {
        var stream = new Stream(SecondFormat.Running());
        var random = new Random(3);
        for (int t = 0; t < 1000; t++) stream.Prepare(t, random.NextDouble(), 0);
        double before = stream.Preprocessor.Scale(0, stream.Memory);
        stream.Prepare(Preprocessor.NoTime, code, 0);
        Assert.Equal(Math.Sign(code) * 5, stream.Extra[4]);
        for (int t = 0; t < 1000; t++) stream.Prepare(t, random.NextDouble(), 0);
        Assert.InRange(stream.Preprocessor.Scale(0, stream.Memory), 0.5 * before, 10 * before);
    }

    [Fact]
    public void Prepare_ScaleThatGrowsAMillionfold_IsFollowedWithinTenTicks()
    {
        var stream = new Stream(SecondFormat.Running());
        for (int t = 0; t < 1000; t++) stream.Prepare(t, t % 2, 0);
        for (int t = 0; t < 10; t++) stream.Prepare(t, 1e6 * (t % 2), 0);
        Assert.InRange(stream.Preprocessor.Scale(0, stream.Memory), 1e5, 1e6);
    }

    [Fact]
    public void Prepare_TimeOfDayAndWeek_AreOfUtc()
    {
        var stream = new Stream(SecondFormat.Running());
        stream.Prepare(_monday, 1, 1);
        Assert.Equal([0, 1, 0, 1], stream.Extra[..4]);
        Assert.Equal([0, 1], stream.X[3..]);
        stream.Prepare(Nanoseconds(2026, 11, 26, 18), 1, 1);
        AssertCircle(0.75, stream.Extra, 0);
        AssertCircle(0.5, stream.Extra, 2);
        AssertCircle(3.75 / 7, stream.X, 3);
    }

    [Theory]
    [InlineData(1999, 12, 31, 23, false)]
    [InlineData(2000, 1, 1, 6, true)]
    [InlineData(2099, 12, 31, 23, true)]
    [InlineData(2100, 1, 1, 6, false)]
    public void Prepare_TimeNoDeviceWouldSend_IsNone(int year, int month, int day, int hour, bool plausible)
    {
        var stream = new Stream(SecondFormat.Running());
        stream.Prepare(_monday, 1, 1);
        stream.Prepare(Nanoseconds(year, month, day, hour), 1, 1);
        Assert.Equal(plausible, stream.Extra[..4].Any(x => x != 0));
        Assert.Equal(plausible, stream.X[3..].Any(x => x != 0));
    }

    [Fact]
    public void Prepare_WithoutRoomForExtraFeatures_LeavesThem()
    {
        var stream = new Stream(SecondFormat.Running());
        foreach (double value in new double[] { 1, 5 })
            stream.Preprocessor.Prepare([value, value], _monday, stream.Memory, stream.X, []);
        Assert.Equal([1, 1, 1, 0, 1], stream.X);
    }

    [Fact]
    public void Finish_DifferenceWithRunning_AddsToTheLastValue()
    {
        RawModel raw = SecondFormat.Running();
        raw.Description.Remove("intervals");
        var stream = new Stream(raw);
        stream.Prepare(0, 4, 10);
        stream.Finish(1, 1, 1, 1);
        Assert.Equal(4 + 1e-9 * 4.001, stream.Prediction[1], 1e-15);
        stream.Prepare(0, 6, 9);
        // Outputs are b, a: 9 + 1·d, 6 + 2·d; d within ±3 and ±6.
        Assert.False(stream.Finish(0.5f, -0.25f, 100, -100));
        Assert.Equal([9.5, 5.5, 15, -6], stream.Prediction);
        Assert.Equal([5.5, 9.5], stream.Slot("forecast"));
        Assert.True(stream.Prepare(0, Missing, 9));
        // a's mean is 5, sigma 1: the network sees the forecast, and the next one starts at the last value.
        Assert.Equal(0.5f, stream.X[0]);
        stream.Finish(0, 0.5f, 0, 0);
        Assert.Equal(7, stream.Prediction[1]);
    }

    [Fact]
    public void Finish_Intervals_AreThePointUntilAStreamKnowsBetter()
    {
        var stream = new Stream(SecondFormat.Running());
        stream.Prepare(0, 4, 10);
        stream.Prepare(0, 6, 9);
        stream.Finish(0.5f, -0.25f, 1, 2);
        Assert.Equal([9.5, 9.5, 9.5, 9.5, 9.5], stream.Prediction[..5]);
        Assert.Equal([10, 10, 10, 10, 10], stream.Prediction[15..].Select(x => x));
        var points = new double[4];
        stream.Preprocessor.Points([0.5f, -0.25f, 1, 2], stream.Memory, points);
        Assert.Equal([9.5, 5.5, 10, 10], points);
        stream.Preprocessor.KeepForecast(0, 77, stream.Memory);
        Assert.Equal([5.5, 77], stream.Slot("forecast"));
        Assert.Equal([1, 0], [stream.Preprocessor.InputOf(0), stream.Preprocessor.InputOf(1)]);
    }

    [Fact]
    public void Finish_NormalDistribution_GivesItsQuantiles()
    {
        var stream = new Stream(SecondFormat.Normal());
        stream.Prepare(0, 20);
        // Horizon 1: mean 1, variance 4; horizon 4: a variance that is limited, at mean 30, beyond 6·√4.
        stream.Finish(1, MathF.Log(4), 30, 1000);
        double tenth = 1.2815515655446004;
        double[] expected = [20.5, 20.5 - tenth, 20.5, 20.5 + tenth, 26, 14, 26, 26];
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], stream.Prediction[i], 1e-6);
        Assert.Equal([20.5], stream.Slot("forecast"));
        stream.Prepare(0, 21);
        // (21 - 20) / 0.5.
        Assert.Equal([2.75f, 2], stream.X);
        Assert.Equal(0.5, stream.Preprocessor.Scale(0, stream.Memory));
    }

    [Fact]
    public void Finish_BeforeAnyValue_StartsFromTheMean()
    {
        var stream = new Stream(SecondFormat.Normal());
        Assert.True(stream.Prepare(0, Missing));
        stream.Finish(2, 0, 0, 0);
        Assert.Equal(11, stream.Prediction[0]);
        var running = new Stream(SecondFormat.Running());
        running.Prepare(0, Missing, Missing);
        running.Finish(2, 0, 0, 0);
        Assert.Equal(0, running.Prediction[0], 1e-10);
    }

    [Theory]
    [InlineData(0.5, 0)]
    [InlineData(0.975, 1.959963984540054)]
    [InlineData(0.001, -3.090232306167813)]
    [InlineData(0.9999999, 5.199337582192817)]
    public void Finish_NormalLevels_AreAsInTables(double level, double deviate)
    {
        RawModel raw = SecondFormat.Normal();
        raw.Part("forecast")["quantiles"] = RawModel.Json($"[{level:R}]");
        var stream = new Stream(raw);
        stream.Prepare(0, 10);
        stream.Finish(0, 0, 0, 0);
        Assert.Equal(10 + deviate * 0.5, stream.Prediction[1], 1e-7);
    }

    [Fact]
    public void Scale_WhereTheFileHasNone_IsThatOfTheNormalisation()
    {
        var random = new RandomModels(1);
        Assert.Equal(3, Scale(Normalisation.Fixed([1], [3])));
        Assert.Equal(1, Scale(Normalisation.None));
        Assert.Equal(4, Scale(Normalisation.Running(50)));

        double Scale(Normalisation normalisation)
        {
            var stream = new Stream(RandomModels.Of(normalisation, 1, random.Dense("head", 1, 1)));
            stream.Prepare(0, 2);
            stream.Prepare(0, 10);
            return stream.Preprocessor.Scale(0, stream.Memory);
        }
    }

    [Fact]
    public void PrepareAndFinish_WhateverComes_StayFinite()
    {
        var stream = new Stream(SecondFormat.Running());
        var random = new Random(11);
        double[] odd = [0, 1e100, -1e100, 1e-300, 1, Missing, 1e38, -5];
        float[] y = [0, 1e30f, -1e30f, 3];
        for (int t = 0; t < 20_000; t++)
        {
            random.Shuffle(y);
            stream.Prepare(random.NextInt64(), odd[random.Next(odd.Length)], odd[random.Next(odd.Length)]);
            stream.Finish(y);
            Assert.All(stream.X, x => Assert.InRange(Math.Abs(x), 0, 5));
            Assert.All(stream.Extra, x => Assert.InRange(Math.Abs(x), 0, 5));
            Assert.All(stream.Prediction, x => Assert.True(double.IsFinite(x)));
            for (int i = 0; i < 2; i++) Assert.True(stream.Preprocessor.Scale(i, stream.Memory) > 0);
        }
    }

    [Fact]
    public void PrepareAndFinish_AllocateNothing()
    {
        foreach (RawModel raw in new[] { SecondFormat.Running(), SecondFormat.Normal() })
        {
            var stream = new Stream(raw);
            double[] values = [3, Missing];
            for (int round = 0; round < 2; round++)
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                for (int t = 0; t < 1000; t++)
                {
                    stream.Preprocessor.Prepare(
                        values.AsSpan(0, stream.Inputs), _monday, stream.Memory, stream.X, stream.Extra);
                    stream.Preprocessor.Finish(stream.Y, stream.Memory, stream.Prediction);
                }

                if (round == 1) Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
            }
        }
    }

    // Both from the definition, as sums over all differences of neighbours that are both there.
    private static double Difference(List<double> past, double halfLife, double clip)
    {
        double change = past.Count < 2 ? Missing : past[^1] - past[^2];
        return double.IsNaN(change) ? 0 : Math.Clamp(change / Scale(past, halfLife), -clip, clip);
    }

    private static double Scale(List<double> past, double halfLife)
    {
        double[] squares = [.. past.Zip(past.Skip(1), (a, b) => (b - a) * (b - a)).Where(x => !double.IsNaN(x))];
        double[] known = [.. past.Where(x => !double.IsNaN(x))];
        double recent = Weighted(squares, halfLife), plain = squares.DefaultIfEmpty().Average();
        double last = known.Length == 0 ? 0 : Math.Abs(known[^1]);
        double least = 1e-9 * (Math.Min(Math.Abs(Weighted(known, halfLife)), last) + 1e-3);
        return new[] { Math.Sqrt(recent), 0.1 * Math.Sqrt(plain), least }.Max();
    }

    private static double Weighted(double[] values, double halfLife)
    {
        double least = 1 - Math.Pow(2, -1 / halfLife), sum = 0, weight = 1;
        for (int i = values.Length - 1; i >= 0; i--)
        {
            double alpha = Math.Max(least, 1.0 / (i + 1));
            sum += weight * alpha * values[i];
            weight *= 1 - alpha;
        }

        return sum;
    }

    private static void AssertCircle(double turns, float[] numbers, int at)
    {
        Assert.Equal(Math.Sin(2 * Math.PI * turns), numbers[at], 1e-6);
        Assert.Equal(Math.Cos(2 * Math.PI * turns), numbers[at + 1], 1e-6);
    }

    private static long Nanoseconds(int year, int month, int day, int hour) =>
        100 * (new DateTime(year, month, day, hour, 0, 0, DateTimeKind.Utc) - DateTime.UnixEpoch).Ticks;

    /// <summary>A preprocessor with one stream's memory and buffers.</summary>
    private sealed class Stream
    {
        public Stream(RawModel raw)
            : this(Model.Read(raw.ToBytes(), "test"))
        {
        }

        public Stream(Model model)
        {
            Inputs = model.Inputs.Count;
            Preprocessor = new Preprocessor(model);
            Memory = new double[Preprocessor.MemoryDoubles];
            Preprocessor.Clear(Memory);
            X = new float[model.NetworkInputCount];
            Extra = new float[model.ExtraCount];
            Y = new float[model.OutputCount];
            Prediction = new double[model.PredictionCount];
        }

        public int Inputs { get; }
        public Preprocessor Preprocessor { get; }
        public double[] Memory { get; }
        public float[] X { get; }
        public float[] Extra { get; }
        public float[] Y { get; }
        public double[] Prediction { get; }

        public bool Prepare(long time, params double[] values) =>
            Preprocessor.Prepare(values, time, Memory, X, Extra);

        public bool Finish(params float[] y) => Preprocessor.Finish(y, Memory, Prediction);

        public double[] Slot(string name)
        {
            MemorySlot slot = Preprocessor.Slots.Single(slot => slot.Name == name);
            return Memory[slot.Offset..(slot.Offset + slot.Length)];
        }
    }
}
