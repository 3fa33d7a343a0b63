using Realtime.Cells.Ensembles;
using Realtime.Cells.RollOuts;
using Realtime.Cells.Tests.Support;

namespace Realtime.Cells.Tests.RollOuts;

/// <summary>Roll-outs on the processor, beside loops that are written out by hand.</summary>
public sealed class RollOutTests
{
    private const int Streams = 5;
    private const int Ticks = 12;
    private const int Steps = 7;
    private const long Start = 1_700_000_000_000_000_000, Interval = 5_400_000_000_000;

    public static TheoryData<string, string> CellsAndKernels
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (string cell in RandomModels.Cells)
                foreach (string kernel in Kernels.Available) all.Add(cell, kernel);
            return all;
        }
    }

    [Theory]
    [MemberData(nameof(CellsAndKernels))]
    public void Values_have_the_bits_of_stepping_an_engine_by_hand(string cell, string kernel)
    {
        Model model = RollOutModels.Plain(cell, 3);
        using var fleet = new Fleet(model, kernel);
        using IRollOut rollOut = fleet.Engine.RollOut();
        double[][] found = fleet.RollOut(rollOut, [3, 0, 4]);
        foreach ((int i, int row) in ((int[])[3, 0, 4]).Index())
        {
            using CpuEngine hand = fleet.Copy(row, kernel);
            double[] next = [.. fleet.Forecasts[row]];
            for (int step = 0; step < Steps; step++)
            {
                Assert.Equal(next, found[i][(2 * step)..(2 * step + 2)]);
                var y = new float[4];
                // The outputs are x1, x0 and the inputs x0, x1.
                hand.Step([0], [(float)next[1], (float)next[0]], y);
                next = [y[0], y[1]];
            }
        }
    }

    [Fact]
    public void Fixed_scales_differences_and_times_are_those_of_ticks_that_bring_the_forecasts()
    {
        Model model = RollOutModels.Differences(5);
        using var fleet = new Fleet(model, Kernels.Scalar);
        using IRollOut rollOut = fleet.Engine.RollOut();
        double[][] found = fleet.RollOut(rollOut, [.. Enumerable.Range(0, Streams)]);
        for (int row = 0; row < Streams; row++)
        {
            // With fixed scales a tick teaches the preprocessor nothing: forecasts go in as values.
            using CpuEngine hand = fleet.Copy(row, Kernels.Scalar);
            double[] memory = [.. fleet.Memories[row]], next = [.. fleet.Forecasts[row]];
            for (int step = 0; step < Steps; step++)
            {
                Within(found[row][(2 * step)..(2 * step + 2)], next, $"row {row}, step {step}");
                float[] x = new float[7], y = new float[4];
                fleet.Preprocessor.Prepare(next, Start + (Ticks + step) * Interval, memory, x, []);
                hand.Step([0], x, y);
                double[] prediction = new double[4];
                fleet.Preprocessor.Finish(y, memory, prediction);
                next = prediction[..2];
            }
        }
    }

    [Fact]
    public void Scales_of_a_stream_stay_those_of_the_start()
    {
        Model model = RollOutModels.Running(6);
        using var fleet = new Fleet(model, Kernels.Scalar);
        using IRollOut rollOut = fleet.Engine.RollOut();
        double[][] found = fleet.RollOut(rollOut, [2]);
        using CpuEngine hand = fleet.Copy(2, Kernels.Scalar);
        double[] memory = fleet.Memories[2], next = [.. fleet.Forecasts[2]];
        double[] before = [memory[^6], memory[^5]], mean = memory[2..4];
        double[] std = [Math.Sqrt(memory[4]), Math.Sqrt(memory[5])];
        double[] scale = [fleet.Preprocessor.Scale(0, memory), fleet.Preprocessor.Scale(1, memory)];
        for (int step = 0; step < Steps; step++)
        {
            Within(found[0][(2 * step)..(2 * step + 2)], next, $"step {step}");
            float[] x = new float[7], y = new float[4];
            for (int i = 0; i < 2; i++) x[i] = (float)Math.Clamp((next[i] - mean[i]) / std[i], -1.5, 1.5);
            x[2] = (float)Math.Clamp((next[1] - before[1]) / scale[1], -0.6, 0.6);
            TimeOfWeek.OfDay(Start + (Ticks + step) * Interval, x.AsSpan(3, 2));
            TimeOfWeek.OfWeek(Start + (Ticks + step) * Interval, x.AsSpan(5, 2));
            hand.Step([0], x, y);
            before = next;
            next = [next[0] + scale[0] * Math.Clamp(y[0], -0.3, 0.3), next[1] + scale[1] * Math.Clamp(y[1], -0.3, 0.3)];
        }
    }

    [Fact]
    public void A_network_for_each_input_feeds_each_by_itself()
    {
        Model three = RollOutModels.Each(7, 3), one = RollOutModels.Each(7, 1);
        using var together = new Fleet(three, Kernels.Auto);
        using IRollOut rollOut = together.Engine.RollOut();
        double[] found = together.RollOut(rollOut, [1])[0];
        for (int input = 0; input < 3; input++)
        {
            int which = input;
            using var alone = new Fleet(one, Kernels.Auto, values => [values[which]], inputs: 3);
            using IRollOut single = alone.Engine.RollOut();
            Assert.Equal(alone.RollOut(single, [1])[0], found.Where((_, i) => i % 3 == which));
        }
    }

    [Fact]
    public void States_stay_and_no_bit_depends_on_the_wave()
    {
        foreach (Model model in (Model[])[RollOutModels.Plain("lstm", 1), RollOutModels.Running(2)])
        {
            using var fleet = new Fleet(model, Kernels.Auto);
            using IRollOut rollOut = fleet.Engine.RollOut();
            float[][] states = fleet.States();
            double[][] all = fleet.RollOut(rollOut, [.. Enumerable.Range(0, Streams)]);
            for (int row = 0; row < Streams; row++) Assert.Equal(all[row], fleet.RollOut(rollOut, [row])[0]);
            Assert.Equal(all[3], fleet.RollOut(rollOut, [4, 3, 3])[2]);
            Assert.Equal(states, fleet.States());
        }
    }

    [Fact]
    public void A_decoder_begins_with_the_states_and_the_last_values()
    {
        Model encoder = RollOutModels.Plain("gru", 1), decoder = RollOutModels.Plain("gru", 2);
        using var fleet = new Fleet(encoder, Kernels.Scalar);
        using IRollOut rollOut = fleet.Engine.RollOut(decoder);
        double[] found = fleet.RollOut(rollOut, [2], isDecoder: true)[0];
        using var hand = new CpuEngine(decoder, Kernels.Scalar);
        hand.Grow(1);
        hand.Write(0, fleet.States()[2]);
        ReadOnlySpan<double> last = fleet.Preprocessor.Last(fleet.Memories[2]);
        float[] x = [(float)last[0], (float)last[1]], y = new float[4];
        for (int step = 0; step < Steps; step++)
        {
            hand.Step([0], x, y);
            Assert.Equal([y[0], y[1]], found[(2 * step)..(2 * step + 2)]);
            x = [y[1], y[0]];
        }
    }

    [Fact]
    public void An_ensemble_is_the_mean_of_its_members_also_when_rolled_out()
    {
        Model[] models = [RollOutModels.Plain("gru", 1), RollOutModels.Plain("lstm", 2, hidden: 9),
            RollOutModels.Plain("rnn-tanh", 3, hidden: 3)];
        using var fleet = new Fleet(models[0], Kernels.Scalar,
            engine: new EnsembleEngine(models, [.. models.Select(model => new CpuEngine(model, Kernels.Scalar))]));
        using IRollOut rollOut = fleet.Engine.RollOut();
        double[] found = fleet.RollOut(rollOut, [4])[0];
        CpuEngine[] hands = [.. models.Select(model => new CpuEngine(model, Kernels.Scalar))];
        float[] state = new float[models.Sum(model => model.StateFloats)];
        fleet.Engine.Read(4, state);
        int at = 0;
        for (int i = 0; i < 3; at += models[i++].StateFloats)
        {
            hands[i].Grow(1);
            hands[i].Write(0, state.AsSpan(at, models[i].StateFloats));
        }

        double[] next = fleet.Forecasts[4];
        for (int step = 0; step < Steps; step++)
        {
            Within(found[(2 * step)..(2 * step + 2)], next, $"step {step}");
            float[][] y = [new float[4], new float[4], new float[4]];
            for (int i = 0; i < 3; i++) hands[i].Step([0], [(float)next[1], (float)next[0]], y[i]);
            next = [((double)y[0][0] + y[1][0] + y[2][0]) / 3, ((double)y[0][1] + y[1][1] + y[2][1]) / 3];
        }

        foreach (CpuEngine hand in hands) hand.Dispose();
        Assert.Throws<NotSupportedException>(() => fleet.Engine.ReadTop([0], []));
        Assert.Throws<ArgumentException>(() => fleet.Engine.RollOut(models[0]));
    }

    [Fact]
    public void What_can_not_be_rolled_out_says_what_was_found_and_expected()
    {
        var random = new RandomModels(1);
        Layer[] layers = [random.Layer("gru", "a", 2, 3), random.Dense("head", 3, 2)];
        Model Of(Forecast forecast) => RandomModels.Parse("m", ["x0", "x1"], Normalisation.None, layers, forecast);
        Assert.Equal("found no forecast of the input x1, expected one of each: forecasts are the next inputs",
            FeedBack.FaultIn(Of(Forecast.Of([1, 2], ["x0"]))));
        Assert.Equal("found the output y, which is no input, expected inputs alone", FeedBack.FaultIn(
            RandomModels.Parse("m", ["x0"], Normalisation.None, [random.Dense("head", 1, 2)],
                Forecast.Of([1], ["x0", "y"]))));
        Assert.StartsWith("found 2 as the first horizon, expected 1", FeedBack.FaultIn(
            Of(Forecast.Of([2], ["x0", "x1"]))), StringComparison.Ordinal);
        Model fits = Of(Forecast.Of([1], ["x0", "x1"]));
        Assert.Null(FeedBack.FaultIn(fits));
        Assert.Equal("found a decoder with the states h[6], expected the encoder's h[3]",
            FeedBack.FaultIn(fits, RollOutModels.Plain("gru", 1)));
        Assert.StartsWith("found a decoder that sees differences",
            FeedBack.FaultIn(RollOutModels.Running(1), RollOutModels.Running(2)), StringComparison.Ordinal);
        using var engine = new CpuEngine(fits);
        Assert.Throws<ArgumentException>(() => engine.RollOut(RollOutModels.Plain("gru", 1)));
        using IRollOut rollOut = engine.RollOut();
        engine.Grow(1);
        foreach (int row in new[] { -1, 1 })
            Assert.Throws<ArgumentException>(() => Run(rollOut, row, 2, 4));
        Assert.Throws<ArgumentException>(() => Run(rollOut, 0, 2, 5));
        Run(rollOut, 0, 2, 4);
    }

    [Fact]
    public void Models_of_other_scales_or_outputs_are_no_ensemble()
    {
        Model first = RollOutModels.Differences(1);
        Assert.Null(Ensemble.FaultIn(first, RollOutModels.Differences(2)));
        Assert.StartsWith("found normalisation Running 30 within 10, mean , std , expected those of the first model: N",
            Ensemble.FaultIn(Of(Normalisation.None), Of(Normalisation.Running(30))), StringComparison.Ordinal);
        Assert.StartsWith("found forecasts Difference within 0.3 None of ; ",
            Ensemble.FaultIn(first, RollOutModels.Running(1)), StringComparison.Ordinal);
        Assert.Contains("found outputs x1, x0, expected those of the first model: x0, x1",
            Ensemble.FaultIn(first, RollOutModels.Plain("gru", 1)));
        static Model Of(Normalisation normalisation) =>
            RandomModels.Of(normalisation, 1, new RandomModels(1).Dense("head", 1, 1));
        Model[] unlike = [first, RollOutModels.Plain("gru", 1)];
        Assert.Throws<ArgumentException>(() => new EnsembleEngine(unlike, [null!, null!]));
    }

    private static void Run(IRollOut rollOut, int row, int steps, int points) =>
        rollOut.Run([row], new RollOutStart(steps, new float[2], new float[4], []), new float[points]);

    private static void Within(double[] found, double[] expected, string what)
    {
        for (int i = 0; i < found.Length; i++)
        {
            double error = Math.Abs(found[i] - expected[i]) / Math.Max(1, Math.Abs(expected[i]));
            Assert.True(error <= 1e-5, $"{what}: {found[i]:r}, expected {expected[i]:r}");
        }
    }

    // Streams that have had ticks of random values.
    private sealed class Fleet : IDisposable
    {
        private readonly Model _model;

        public Fleet(Model model, string kernel, Func<double[], double[]>? pick = null, int inputs = 0,
            IStepEngine? engine = null)
        {
            _model = model;
            Engine = engine ?? new CpuEngine(model, kernel);
            Engine.Grow(Streams);
            Preprocessor = new Preprocessor(model);
            int outputs = model.Forecast.Outputs.Length;
            for (int row = 0; row < Streams; row++)
            {
                var random = new RandomModels(100 + row);
                var memory = new double[Preprocessor.MemoryDoubles];
                Preprocessor.Clear(memory);
                float[] x = new float[model.NetworkInputCount], y = new float[model.OutputCount];
                var prediction = new double[model.PredictionCount];
                for (int t = 0; t < Ticks; t++)
                {
                    int count = inputs == 0 ? model.Inputs.Count : inputs;
                    double[] values = [.. random.Uniforms(count, 3).Select((v, i) => i + (double)v)];
                    values = pick?.Invoke(values) ?? values;
                    Preprocessor.Prepare(values, Start + t * Interval, memory, x, []);
                    Engine.Step([row], x, y);
                    Preprocessor.Finish(y, memory, prediction);
                }

                Memories.Add(memory);
                Forecasts.Add(prediction[..outputs]);
            }
        }

        public IStepEngine Engine { get; }
        public Preprocessor Preprocessor { get; }
        public List<double[]> Memories { get; } = [];
        public List<double[]> Forecasts { get; } = [];

        public double[][] RollOut(IRollOut rollOut, int[] rows, bool isDecoder = false)
        {
            var wave = new RollOutWave(rollOut, isDecoder);
            wave.Begin(Steps);
            long[] times = [.. Enumerable.Range(Ticks - 1, Steps + 1).Select(t => Start + t * Interval)];
            foreach (int row in rows) Assert.True(wave.Add(row, Memories[row], times));
            wave.Run();
            var found = new double[rows.Length][];
            for (int i = 0; i < rows.Length; i++)
                wave.Read(i, found[i] = new double[Steps * _model.Forecast.Outputs.Length]);
            return found;
        }

        public CpuEngine Copy(int row, string kernel)
        {
            var copy = new CpuEngine(_model, kernel);
            copy.Grow(1);
            copy.Write(0, States()[row]);
            return copy;
        }

        public float[][] States() => [.. Enumerable.Range(0, Streams).Select(row =>
        {
            var state = new float[_model.StateFloats];
            Engine.Read(row, state);
            return state;
        })];

        public void Dispose() => Engine.Dispose();
    }
}
