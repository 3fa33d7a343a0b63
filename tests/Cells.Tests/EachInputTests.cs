using Realtime.Cells.Adaptive;
using Realtime.Cells.Tests.Files;
using Realtime.Cells.Tests.Support;

namespace Realtime.Cells.Tests;

/// <summary>A model of one input applied to each of several is that model on each of them, to the bit.</summary>
public sealed class EachInputTests
{
    private const int Inputs = 3;

    public static TheoryData<string, bool> Cases
    {
        get
        {
            var cases = new TheoryData<string, bool>();
            foreach (string kernel in Kernels.Available)
            {
                cases.Add(kernel, true);
                cases.Add(kernel, false);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Each_StepsLikeOneStreamPerInput(string kernel, bool learns)
    {
        Model one = One(learns);
        using var single = new Rig(one, kernel, rows: 2 * Inputs);
        using var wide = new Rig(one.Each(Inputs), kernel, rows: 2);
        var random = new Random(5);
        for (ulong seq = 1; seq < 300; seq++)
        {
            // Both rows at once, where the network takes them as a wave.
            for (int row = 0; row < 2; row++)
            {
                double[] values = [.. Enumerable.Range(0, Inputs).Select(i => random.Next(12) == 0
                    ? double.NaN
                    : Math.Pow(10, i) * (Math.Sin(seq / 7.0 + row) + random.NextDouble()))];
                wide.Prepare(row, seq, values);
                for (int i = 0; i < Inputs; i++) single.Prepare(row * Inputs + i, seq, values[i]);
            }

            wide.Step();
            single.Step();
            for (int row = 0; row < 2; row++)
            {
                double[] prediction = wide.Finish(row, seq);
                for (int i = 0; i < Inputs; i++)
                    Assert.Equal(single.Finish(row * Inputs + i, seq), Of(one, prediction, i));
            }
        }

        var state = new float[Inputs * one.StateFloats];
        wide.Engine.Read(1, state);
        Assert.Equal(
            Enumerable.Range(Inputs, Inputs).SelectMany(row => single.State(row)).ToArray(), state);
    }

    [Fact]
    public void Each_NamesAndSizes_AreOfAllInputs()
    {
        Model one = One(learns: true), each = one.Each(Inputs);
        Assert.Equal(["a1", "a2", "a3"], each.Inputs);
        Assert.Equal(each.Inputs, each.Forecast.Outputs);
        Assert.Equal((Inputs * one.NetworkInputCount, Inputs * one.ExtraCount, Inputs * one.OutputCount,
                Inputs * one.PredictionCount, Inputs * one.StateFloats, Inputs * one.TopCount),
            (each.NetworkInputCount, each.ExtraCount, each.OutputCount, each.PredictionCount, each.StateFloats,
                each.TopCount));
        Assert.Equal(["rnn.a1", "rnn.a2", "rnn.a3"], each.StateSlots.Select(slot => slot.Layer));
        Assert.Equal(one.Digest, each.Digest);
        var forecaster = new OnlineForecaster(each, new Preprocessor(each));
        Assert.Equal(forecaster.Slots.Count, forecaster.Slots.Select(slot => slot.Name).Distinct().Count());
        Assert.Equal(forecaster.MemoryBytes, forecaster.Slots.Sum(slot => slot.Bytes));
        Assert.Same(one, one.Each(1));
        Assert.Equal(0.99, each.WithAdapt(new AdaptOptions(0.99)).Adapt!.Forgetting);
        Assert.Equal(Inputs, each.WithAdapt(null).Copies);
    }

    [Fact]
    public void Each_StatesWrittenAndCleared_AreOfThatRowOnly()
    {
        Model each = One(learns: false).Each(2);
        using var engine = new CpuEngine(each);
        engine.Grow(3);
        float[] state = [.. Enumerable.Range(1, each.StateFloats).Select(i => (float)i)];
        var read = new float[state.Length];
        for (int row = 0; row < 3; row++) engine.Write(row, state);
        engine.Clear(1);
        engine.Read(1, read);
        Assert.All(read, value => Assert.Equal(0, value));
        foreach (int row in new[] { 0, 2 })
        {
            engine.Read(row, read);
            Assert.Equal(state, read);
        }

        Assert.ThrowsAny<ArgumentException>(() => engine.Read(3, read));
        Assert.ThrowsAny<ArgumentException>(() => engine.Read(0, new float[each.StateFloats + 1]));
        Assert.ThrowsAny<ArgumentException>(() => engine.Read(0, new float[each.StateFloats / 2]));
        using var other = new CpuEngine(each.One);
        Assert.ThrowsAny<ArgumentException>(() => engine.TakeStates(other));
    }

    [Fact]
    public void Each_OfAModelThatForecastsSomethingElse_Throws()
    {
        Assert.Throws<InvalidOperationException>(() => Model.Read(SecondFormat.Running().ToBytes(), "two").Each(2));
        Assert.Throws<InvalidOperationException>(() => One(learns: false).Each(2).Each(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => One(learns: false).Each(0));
        Model life = RandomModels.Parse("m", ["a"], Normalisation.Fixed([20], [4]),
            [new RandomModels(1).Dense("head", 1, 1)], Forecast.Of([1], ["life"]));
        Assert.Throws<InvalidOperationException>(() => life.Each(2));
    }

    [Fact]
    public void Each_OfFormat1_MapsEveryOutputBack()
    {
        Model one = RandomModels.Parse("m", ["a"], Normalisation.Fixed([20], [4]),
            [new RandomModels(1).Dense("head", 1, 4)], Forecast.Of([1, 2], ["a"], [0.5]));
        Model each = one.Each(2);
        var preprocessor = new Preprocessor(each);
        var memory = new double[preprocessor.MemoryDoubles];
        var prediction = new double[8];
        var x = new float[2];
        preprocessor.Clear(memory);
        preprocessor.Prepare([24, 12], memory, x);
        Assert.Equal([1, -2], x);
        preprocessor.Finish([0, 1, 2, 3, 4, 5, 6, 7], memory, prediction);
        Assert.Equal([20, 24, 36, 40, 28, 32, 44, 48], prediction);
    }

    // A GRU on a value and its difference, with hours that only the adaptive head sees.
    private static Model One(bool learns)
    {
        var random = new RandomModels(3);
        var additions = new ModelAdditions
        {
            Features = [new DifferenceFeature("a"), new HourFeature(2, Network: false)],
            Adapt = learns ? new AdaptOptions(0.999, 1, WithInputs: true) : null,
            Intervals = learns ? [0.8] : [],
        };
        return Model.Read(ModelWriter.Write("m", ["a"], Normalisation.Running(50, 5),
            [random.Layer("gru", "rnn", 2, 4), random.Dense("head", 4, 2)],
            Forecast.Of([1, 3], ["a"]).With(ForecastTarget.Difference), additions), "m");
    }

    private static double[] Of(Model one, double[] prediction, int input)
    {
        int width = 1 + one.PublishedQuantiles.Count;
        return [.. Enumerable.Range(0, one.Forecast.Horizons.Length)
            .SelectMany(h => prediction.AsSpan((h * Inputs + input) * width, width).ToArray())];
    }

    /// <summary>Streams of a model with all that a step needs.</summary>
    private sealed class Rig : IDisposable
    {
        private readonly Model _model;
        private readonly Preprocessor _preprocessor;
        private readonly OnlineForecaster? _online;
        private readonly double[][] _memories;
        private readonly byte[][] _learnt;
        private readonly float[] _x;
        private readonly float[] _extra;
        private readonly float[] _y;
        private readonly float[] _hidden;
        private readonly int[] _rows;

        public Rig(Model model, string kernel, int rows)
        {
            _model = model;
            _preprocessor = new Preprocessor(model);
            if (OnlineForecaster.Wanted(model)) _online = new OnlineForecaster(model, _preprocessor);
            Engine = new CpuEngine(model, kernel);
            Engine.Grow(rows);
            _rows = [.. Enumerable.Range(0, rows)];
            _memories = Array.ConvertAll(_rows, _ => new double[_preprocessor.MemoryDoubles]);
            _learnt = Array.ConvertAll(_rows, _ => new byte[_online?.MemoryBytes ?? 0]);
            foreach (int row in _rows)
            {
                _preprocessor.Clear(_memories[row]);
                _online?.Clear(_learnt[row]);
            }

            _x = new float[rows * model.NetworkInputCount];
            _extra = new float[rows * model.ExtraCount];
            _y = new float[rows * model.OutputCount];
            _hidden = new float[rows * model.TopCount];
        }

        public CpuEngine Engine { get; }

        public void Prepare(int row, ulong seq, params double[] values)
        {
            _online?.Settle(seq, values, _memories[row], _learnt[row]);
            long time = 1_795_000_000_000_000_000 + (long)seq * 1_000_000_000_000;
            _preprocessor.Prepare(values, time, _memories[row], Part(_x, row), Part(_extra, row));
        }

        public void Step()
        {
            Engine.Step(_rows, _x, _y);
            Engine.ReadTop(_rows, _hidden);
        }

        public double[] Finish(int row, ulong seq)
        {
            var prediction = new double[_model.PredictionCount];
            if (_online is null)
            {
                _preprocessor.Finish(Part(_y, row), _memories[row], prediction);
            }
            else
            {
                _online.Finish(seq, Part(_x, row), Part(_extra, row), Part(_hidden, row), Part(_y, row),
                    _memories[row], _learnt[row], prediction);
            }

            return prediction;
        }

        public float[] State(int row)
        {
            var state = new float[_model.StateFloats];
            Engine.Read(row, state);
            return state;
        }

        public void Dispose() => Engine.Dispose();

        private Span<float> Part(float[] all, int row)
        {
            int each = all.Length / _rows.Length;
            return all.AsSpan(row * each, each);
        }
    }
}
