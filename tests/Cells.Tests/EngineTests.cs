using Realtime.Cells.Tests.Support;

namespace Realtime.Cells.Tests;

public sealed class EngineTests
{
    public static TheoryData<string> AllKernels => new(Kernels.Available);

    [Theory]
    [MemberData(nameof(AllKernels))]
    public void Grow_KeepsStatesAndMakesZeroRows(string kernel)
    {
        var random = new RandomModels(3);
        Model model = RandomModels.Stack(1, random.Layer("lstm", "a", 1, 33), random.Layer("gru", "b", 33, 7),
            random.Dense("head", 7, 1));
        using var engine = new CpuEngine(model, kernel);
        Assert.Equal(0, engine.Rows);
        engine.Grow(3);
        float[][] written = [.. Enumerable.Range(0, 3).Select(_ => random.Uniforms(model.StateFloats, 1))];
        for (int row = 0; row < 3; row++) engine.Write(row, written[row]);
        engine.Grow(10_000);
        Assert.Equal(10_000, engine.Rows);
        Assert.True(engine.StateBytes >= 10_000L * model.StateFloats * sizeof(float));
        var state = new float[model.StateFloats];
        for (int row = 0; row < 10_000; row++)
        {
            engine.Read(row, state);
            Assert.Equal(row < 3 ? written[row] : new float[model.StateFloats], state);
        }

        engine.Grow(5);
        Assert.Equal(10_000, engine.Rows);
    }

    [Theory]
    [MemberData(nameof(AllKernels))]
    public void Clear_AfterSteps_StartsAgain(string kernel)
    {
        var random = new RandomModels(4);
        Model model = random.OneCell("lstm", 2, 5);
        using var engine = new CpuEngine(model, kernel);
        engine.Grow(2);
        float[] x = [1, -1], first = new float[3], again = new float[3], state = new float[10];
        engine.Step([1], x, first);
        engine.Step([1], x, again);
        Assert.NotEqual(first, again);
        engine.Clear(1);
        engine.Read(1, state);
        Assert.Equal(new float[10], state);
        engine.Step([1], x, again);
        Assert.Equal(first, again);
    }

    [Theory]
    [MemberData(nameof(AllKernels))]
    public void Write_OverARowOfNaN_HealsIt(string kernel)
    {
        var random = new RandomModels(5);
        Model model = random.OneCell("gru", 1, 3);
        using var engine = new CpuEngine(model, kernel);
        engine.Grow(2);
        float[] broken = new float[3], whole = new float[3];
        engine.Write(0, [float.NaN, 0, 0]);
        engine.Step([0], [1], broken);
        Assert.All(broken, value => Assert.True(float.IsNaN(value)));
        engine.Write(0, [0, 0, 0]);
        engine.Step([0], [1], broken);
        engine.Step([1], [1], whole);
        Assert.All(whole, value => Assert.True(float.IsFinite(value)));
        Assert.Equal(whole, broken);
    }

    [Theory]
    [MemberData(nameof(AllKernels))]
    public void Step_SoftmaxOfLargeSums_IsStable(string kernel)
    {
        float[] weight = [1000, 1000, -1000, 0, 999], bias = [0, 1, 0, 0, 0];
        var head = new DenseLayer("head", 1, 5, Activation.Softmax, weight, bias);
        using var engine = new CpuEngine(RandomModels.Stack(1, head), kernel);
        engine.Grow(1);
        var y = new float[5];
        engine.Step([0], [1], y);
        double total = Math.Exp(-1) + 1 + Math.Exp(-2);
        float[] expected = [(float)(Math.Exp(-1) / total), (float)(1 / total), 0, 0, (float)(Math.Exp(-2) / total)];
        Agreement.Within(3e-7, y, expected, kernel);
    }

    [Theory]
    [MemberData(nameof(AllKernels))]
    public void Step_OnceWarm_AllocatesNothing(string kernel)
    {
        var random = new RandomModels(6);
        Model model = RandomModels.Stack(2, random.Layer("gru", "a", 2, 19),
            random.Layer("gru-reset-before", "b", 19, 8), random.Layer("lstm", "c", 8, 5),
            random.Layer("rnn-tanh", "d", 5, 5), random.Dense("head", 5, 3, Activation.Softmax));
        using var engine = new CpuEngine(model, kernel);
        engine.Grow(100);
        int[] rows = [.. Enumerable.Range(7, 67)];
        float[] x = random.Uniforms(67 * 2, 1), y = new float[67 * 3];
        for (int i = 0; i < 50; i++) engine.Step(rows, x, y);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 200; i++) engine.Step(rows, x, y);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [MemberData(nameof(AllKernels))]
    public void Step_HugeInputs_LeavesNoInfinityOrNaN(string kernel)
    {
        foreach (string cell in RandomModels.Cells)
        {
            var random = new RandomModels(8);
            Model model = RandomModels.Stack(2, random.Dense("first", 2, 9), random.Layer(cell, "a", 9, 17),
                random.Layer(cell, "b", 17, 5), random.Dense("head", 5, 2));
            using var engine = new CpuEngine(model, kernel);
            engine.Grow(5);
            float[] y = new float[10], state = new float[model.StateFloats];
            for (int t = 0; t < 100; t++)
            {
                engine.Step([0, 1, 2, 3, 4], [1e30f, -1e30f, 1e30f, 1e30f, -1e30f, -1e30f, 0, 1e30f, 1, -1e30f], y);
                Assert.All(y, value => Assert.True(float.IsFinite(value)));
            }

            for (int row = 0; row < 5; row++)
            {
                engine.Read(row, state);
                Assert.All(state, value => Assert.True(float.IsFinite(value)));
            }
        }
    }

    [Theory]
    [MemberData(nameof(AllKernels))]
    public void Step_Token_TakesItsRowOfTheTable(string kernel)
    {
        float[] table = [1, 10, 2, 20, 3, 30], ones = [1, 1], zero = [0];
        Model model = RandomModels.Parse("tokens", ["token"], Normalisation.None,
            [new EmbeddingLayer("e", 3, 2, table), new DenseLayer("head", 2, 1, Activation.Linear, ones, zero)],
            Forecast.Of([1], ["next"]));
        using var engine = new CpuEngine(model, kernel);
        engine.Grow(5);
        var y = new float[5];
        engine.Step([0, 1, 2, 3, 4], [2, 0, 1, 1, 0], y);
        Assert.Equal([33, 11, 22, 22, 11], y);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(-1)]
    [InlineData(0.5f)]
    [InlineData(float.NaN)]
    public void Step_TokenOutOfTheVocabulary_StepsNothing(float token)
    {
        var random = new RandomModels(9);
        Model model = RandomModels.Parse("tokens", ["token"], Normalisation.None,
            [new EmbeddingLayer("e", 3, 2, new float[6]), random.Layer("gru", "g", 2, 2), random.Dense("head", 2, 1)],
            Forecast.Of([1], ["next"]));
        using var engine = new CpuEngine(model);
        engine.Grow(2);
        Assert.Throws<ArgumentException>(() => engine.Step([0, 1], [0, token], new float[2]));
        var state = new float[2];
        engine.Read(0, state);
        Assert.Equal([0, 0], state);
    }

    [Fact]
    public void Step_WrongSpansOrRows_Throws()
    {
        Model model = new RandomModels(1).OneCell("gru", 2, 3);
        using var engine = new CpuEngine(model);
        engine.Grow(4);
        Assert.Throws<ArgumentException>(() => engine.Step([0], [1], new float[3]));
        Assert.Throws<ArgumentException>(() => engine.Step([0], [1, 1], new float[2]));
        Assert.Throws<ArgumentException>(() => engine.Step([4], [1, 1], new float[3]));
        Assert.Throws<ArgumentException>(() => engine.Step([-1], [1, 1], new float[3]));
        Assert.ThrowsAny<ArgumentException>(() => engine.Read(4, new float[3]));
        Assert.ThrowsAny<ArgumentException>(() => engine.Read(0, new float[2]));
        Assert.ThrowsAny<ArgumentException>(() => engine.Write(0, new float[4]));
        Assert.ThrowsAny<ArgumentException>(() => engine.Clear(-1));
        engine.Step([], [], []);
    }

    [Fact]
    public void Step_AfterDispose_Throws()
    {
        Model model = new RandomModels(1).OneCell("gru", 1, 3, horizons: 1);
        var engine = new CpuEngine(model);
        engine.Grow(4);
        engine.Dispose();
        engine.Dispose();
        Assert.ThrowsAny<Exception>(() => engine.Step([0], [1], new float[1]));
        Assert.Throws<ObjectDisposedException>(() => engine.Grow(4));
    }

    [Fact]
    public void Resolve_UnknownKernel_NamesThoseThereAre()
    {
        ArgumentException e = Assert.Throws<ArgumentException>(() => Kernels.Resolve("avx9"));
        foreach (string kernel in Kernels.Available) Assert.Contains(kernel, e.Message, StringComparison.Ordinal);
        Assert.Equal(Kernels.Available[^1], Kernels.Resolve("auto"));
        Assert.Equal("scalar", Kernels.Resolve("scalar"));
    }

    [Theory]
    [MemberData(nameof(AllKernels))]
    public void Dropout_IsTheIdentityWhenStepping(string kernel)
    {
        var random = new RandomModels(12);
        RecurrentLayer cell = random.Layer("gru", "a", 1, 6);
        DenseLayer head = random.Dense("head", 6, 2);
        float[] with = StepOne(RandomModels.Stack(1, cell, new DropoutLayer("d", 6, 0.9), head), kernel);
        Assert.Equal(StepOne(RandomModels.Stack(1, cell, head), kernel), with);
    }

    private static float[] StepOne(Model model, string kernel)
    {
        using var engine = new CpuEngine(model, kernel);
        engine.Grow(1);
        var y = new float[model.OutputCount];
        engine.Step([0], [0.7f], y);
        return y;
    }
}
