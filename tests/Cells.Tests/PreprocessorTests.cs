using Realtime.Cells.Tests.Support;

namespace Realtime.Cells.Tests;

public sealed class PreprocessorTests
{
    private const double Missing = double.NaN;

    [Fact]
    public void Prepare_None_PassesValuesThrough()
    {
        var stream = new Stream(Normalisation.None, inputs: 2);
        Assert.False(stream.Prepare(1.5, -7e20));
        Assert.Equal([1.5f, -7e20f], stream.X);
        Assert.Equal(["last", "forecast"], stream.Preprocessor.Slots.Select(slot => slot.Name));
    }

    [Theory]
    [InlineData(1e100, 1e30f)]
    [InlineData(-1e100, -1e30f)]
    public void Prepare_HugeValue_IsLimited(double value, float expected)
    {
        foreach (Normalisation normalisation in new[] { Normalisation.None, Normalisation.Fixed([3], [1e-300]) })
        {
            var stream = new Stream(normalisation);
            stream.Prepare(value);
            Assert.Equal(expected, stream.X[0]);
        }
    }

    [Fact]
    public void Finish_Fixed_MapsMeanAndQuantilesBack()
    {
        var random = new RandomModels(1);
        Model model = RandomModels.Parse("m", ["a", "b"], Normalisation.Fixed([20, 1], [4, 0.5]),
            [random.Dense("head", 2, 12)],
            Forecast.Of([1, 3], ["b", "life"], [0.1, 0.9], new OutputScale([99, 50], [98, 10])));
        var stream = new Stream(model);
        Assert.False(stream.Prepare(28, 0));
        Assert.Equal([2, -2], stream.X);
        Assert.False(stream.Finish(0, -1, 1, 0, -1, 1, 2, 1.5f, 2.5f, 3, 2.5f, 3.5f));
        Assert.Equal([1, 0.5, 1.5, 50, 40, 60, 2, 1.75, 2.25, 80, 75, 85], stream.Prediction);
        Assert.Equal([Missing, 1], stream.Slot("forecast"));
        Assert.Equal([28, 0], stream.Slot("last"));
    }

    [Fact]
    public void Finish_OutputThatIsNoInputWithoutScale_IsTakenAsItIs()
    {
        Model model = RandomModels.Parse("m", ["a"], Normalisation.Fixed([20], [4]),
            [new RandomModels(1).Dense("head", 1, 1)], Forecast.Of([1], ["life"]));
        var stream = new Stream(model);
        stream.Prepare(20);
        stream.Finish(7);
        Assert.Equal([7], stream.Prediction);
        Assert.Equal([Missing], stream.Slot("forecast"));
    }

    [Fact]
    public void Prepare_Running_FollowsTheFormatsArithmeticToTheBit()
    {
        const double halfLife = 20;
        var stream = new Stream(Normalisation.Running(halfLife));
        double mean = 0, variance = 0, n = 0;
        var random = new Random(4);
        for (int t = 0; t < 500; t++)
        {
            double x = 1000 + 3 * random.NextDouble() + (t == 300 ? 1e6 : 0);
            stream.Prepare(x);
            n += 1;
            double alpha = Math.Max(1 - Math.Pow(2, -1 / halfLife), 1 / n);
            double d = x - mean;
            mean += alpha * d;
            variance = (1 - alpha) * (variance + alpha * (d * d));
            double std = Math.Sqrt(variance);
            if (std <= 1e-6 * Math.Max(Math.Abs(mean), 1e-6)) std = 1;
            double z = (x - mean) / std;
            Assert.Equal((float)Math.Clamp(z, -10, 10), stream.X[0]);
            Assert.Equal([n], stream.Slot("n"));
            Assert.Equal([mean], stream.Slot("mean"));
            Assert.Equal([variance], stream.Slot("variance"));
            Assert.Equal(t < 1, stream.Finish(0.5f));
            Assert.Equal([mean + std * 0.5], stream.Prediction);
        }
    }

    [Fact]
    public void Prepare_RunningFirstTicks_AreAsComputedByHand()
    {
        var stream = new Stream(Normalisation.Running(1000));
        stream.Prepare(4);
        Assert.Equal([0], stream.X);
        Assert.True(stream.Finish(0.25f));
        Assert.Equal([4.25], stream.Prediction);
        stream.Prepare(8);
        // alpha 1/2, d 4: mean 6, variance 1/2 · (0 + 1/2 · 16) = 4, sigma 2.
        Assert.Equal([1], stream.X);
        Assert.False(stream.Finish(-1));
        Assert.Equal([4], stream.Prediction);
    }

    [Fact]
    public void Prepare_RunningOutlier_IsLimitedToTen()
    {
        var stream = new Stream(Normalisation.Running(1000));
        for (int t = 0; t < 200; t++) stream.Prepare(t % 2);
        stream.Prepare(1e9);
        Assert.Equal([10], stream.X);
    }

    [Fact]
    public void Prepare_RunningConstant_HasSigmaOne()
    {
        var stream = new Stream(Normalisation.Running(10));
        for (int t = 0; t < 30; t++) stream.Prepare(1e7);
        Assert.Equal([0], stream.X);
        stream.Finish(2);
        Assert.Equal(1e7 + 2, stream.Prediction[0], 1e-6);
    }

    [Fact]
    public void Prepare_Missing_TakesTheLastForecast()
    {
        var stream = new Stream(Normalisation.Fixed([10], [2]));
        stream.Prepare(12);
        stream.Finish(3);
        Assert.True(stream.Prepare(Missing));
        Assert.Equal([3], stream.X);
        Assert.Equal([12], stream.Slot("last"));
        stream.Finish(-1);
        Assert.True(stream.Prepare(Missing));
        Assert.Equal([-1], stream.X);
    }

    [Fact]
    public void Prepare_MissingWithoutForecast_TakesLastThenMeanThenZero()
    {
        var stream = new Stream(Normalisation.Fixed([10], [2]));
        Assert.True(stream.Prepare(Missing));
        Assert.Equal([0], stream.X);
        stream.Prepare(14);
        stream.Finish(5);
        stream.Preprocessor.ForgetForecast(stream.Memory);
        Assert.True(stream.Prepare(Missing));
        Assert.Equal([2], stream.X);

        var plain = new Stream(Normalisation.None);
        Assert.True(plain.Prepare(Missing));
        Assert.Equal([0], plain.X);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Prepare_MissingAfterAForecastThatIsNotFinite_TakesTheLast(float y)
    {
        var stream = new Stream(Normalisation.Fixed([10], [2]));
        stream.Prepare(14);
        stream.Finish(y);
        Assert.True(stream.Prepare(Missing));
        Assert.Equal([2], stream.X);
    }

    [Fact]
    public void Prepare_MissingInputThatIsNotForecast_TakesItsOwnRule()
    {
        var random = new RandomModels(1);
        Model model = RandomModels.Parse("m", ["a", "b"], Normalisation.Running(50), [random.Dense("head", 2, 1)],
            Forecast.Of([1], ["a"]));
        var stream = new Stream(model);
        stream.Prepare(4, 100);
        stream.Finish(0);
        stream.Prepare(8, 104);
        stream.Finish(3);
        double[] before = [.. stream.Memory];
        Assert.True(stream.Prepare(Missing, Missing));
        // a: forecast 6 + 2 · 3 = 12, so z is 3; b: last 104, mean 102, sigma 2, so z is 1.
        Assert.Equal([3, 1], stream.X.Select(x => (float)Math.Round(x, 2)));
        Assert.Equal(before, stream.Memory);
    }

    [Fact]
    public void Prepare_RunningMissingFirst_ForecastsFromZeroAndStaysWarming()
    {
        var stream = new Stream(Normalisation.Running(50));
        Assert.True(stream.Prepare(Missing));
        Assert.Equal([0], stream.X);
        Assert.True(stream.Finish(0.5f));
        Assert.Equal([0.5], stream.Prediction);
        Assert.Equal([0], stream.Slot("n"));
        stream.Prepare(1);
        Assert.True(stream.Finish(0));
        stream.Prepare(Missing);
        Assert.True(stream.Finish(0));
        stream.Prepare(2);
        Assert.False(stream.Finish(0));
    }

    [Fact]
    public void Prepare_OneOfTwoMissing_LearnsTheOther()
    {
        var stream = new Stream(Normalisation.Running(50), inputs: 2);
        stream.Prepare(1, 2);
        Assert.True(stream.Prepare(Missing, 4));
        Assert.Equal([1, 2], stream.Slot("n"));
        Assert.Equal([1, 4], stream.Slot("last"));
        Assert.True(stream.Finish(0));
    }

    [Fact]
    public void Finish_ModelWithoutHorizonOne_KeepsNoForecast()
    {
        Model model = RandomModels.Parse("m", ["a"], Normalisation.None, [new RandomModels(1).Dense("head", 1, 2)],
            Forecast.Of([2, 8], ["a"]));
        var stream = new Stream(model);
        stream.Prepare(4);
        stream.Finish(1, 2);
        Assert.Equal([Missing], stream.Slot("forecast"));
    }

    [Theory]
    [InlineData(Activation.Softmax, 3, new[] { 0.25f, 0.5f, 0.25f }, new[] { 0.25, 0.5, 0.25 })]
    [InlineData(Activation.Sigmoid, 2, new[] { 0.25f, 0.5f }, new[] { 0.25, 0.5 })]
    public void Finish_Classes_AreTheHeadsOutputs(Activation activation, int classes, float[] y, double[] expected)
    {
        Model model = RandomModels.Parse("c", ["a"], Normalisation.Running(10),
            [new RandomModels(1).Dense("head", 1, classes, activation)],
            Forecast.OfClasses([.. Enumerable.Range(0, classes).Select(i => $"c{i}")]));
        var stream = new Stream(model);
        stream.Prepare(4);
        Assert.True(stream.Finish(y));
        Assert.Equal(expected, stream.Prediction);
        Assert.Equal([Missing], stream.Slot("forecast"));
    }

    [Fact]
    public void Finish_OneSigmoidOfTwoClasses_GivesBothProbabilities()
    {
        Model model = RandomModels.Parse("c", ["a"], Normalisation.None,
            [new RandomModels(1).Dense("head", 1, 1, Activation.Sigmoid)], Forecast.OfClasses("ok", "fault"));
        var stream = new Stream(model);
        stream.Prepare(4);
        stream.Finish(0.25f);
        Assert.Equal([0.75, 0.25], stream.Prediction);
    }

    [Fact]
    public void Prepare_Token_PassesThrough()
    {
        Model model = RandomModels.Parse("t", ["token"], Normalisation.None,
            [new EmbeddingLayer("e", 1 << 20, 1, new float[1 << 20]), new RandomModels(1).Dense("head", 1, 1)],
            Forecast.Of([1], ["y"]));
        var stream = new Stream(model);
        stream.Prepare((1 << 20) - 1);
        Assert.Equal([1048575f], stream.X);
    }

    [Fact]
    public void PrepareAndFinish_AllocateNothing()
    {
        var stream = new Stream(Normalisation.Running(50), inputs: 2);
        double[] values = [1, Missing];
        float[] y = [0.5f];
        for (int round = 0; round < 2; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int t = 0; t < 1000; t++)
            {
                stream.Preprocessor.Prepare(values, stream.Memory, stream.X);
                stream.Preprocessor.Finish(y, stream.Memory, stream.Prediction);
            }

            if (round == 1) Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }

    /// <summary>A preprocessor with one stream's memory and buffers.</summary>
    private sealed class Stream
    {
        /// <summary>A model that forecasts its first input one tick ahead.</summary>
        public Stream(Normalisation normalisation, int inputs = 1)
            : this(RandomModels.Of(normalisation, inputs, new RandomModels(1).Dense("head", inputs, 1)))
        {
        }

        public Stream(Model model)
        {
            Preprocessor = new Preprocessor(model);
            Memory = new double[Preprocessor.MemoryDoubles];
            Preprocessor.Clear(Memory);
            X = new float[model.Inputs.Count];
            Prediction = new double[model.PredictionCount];
        }

        public Preprocessor Preprocessor { get; }
        public double[] Memory { get; }
        public float[] X { get; }
        public double[] Prediction { get; }

        public bool Prepare(params double[] values) => Preprocessor.Prepare(values, Memory, X);

        public bool Finish(params float[] y) => Preprocessor.Finish(y, Memory, Prediction);

        public double[] Slot(string name)
        {
            MemorySlot slot = Preprocessor.Slots.Single(slot => slot.Name == name);
            return Memory[slot.Offset..(slot.Offset + slot.Length)];
        }
    }
}
