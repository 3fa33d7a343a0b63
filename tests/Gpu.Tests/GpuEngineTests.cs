using Realtime.Cells;
using Realtime.Cells.Tests.Support;
using Realtime.Gpu.Tests.Support;

namespace Realtime.Gpu.Tests;

/// <summary>The engine keeps what <see cref="IStepEngine"/> promises.</summary>
public sealed class GpuEngineTests
{
    [PoclFact]
    public void Any_sequence_of_calls_does_what_the_reference_does()
    {
        for (int seed = 0; seed < 25; seed++)
        {
            var random = new RandomModels(seed);
            Model model = random.OneCell(RandomModels.Cells[seed % 5], 2, 1 + random.Below(20), 2);
            using var cpu = new CpuEngine(model, Kernels.Scalar);
            using var gpu = new GpuEngine(model, Pocl.Context);
            for (int call = 0; call < 80; call++) Call(cpu, gpu, model, random, $"seed {seed}, call {call}");
        }
    }

    [PoclFact]
    public void Grow_ByMoreAndMore_KeepsEveryState()
    {
        var random = new RandomModels(1);
        Model model = random.OneCell("lstm", 1, 3);
        using var engine = new GpuEngine(model, Pocl.Context);
        List<float[]> written = [];
        foreach (int rows in new[] { 1, 255, 256, 257, 513, 1500, 5000, 5000 })
        {
            engine.Grow(rows);
            Assert.Equal(Math.Max(rows, written.Count), engine.Rows);
            while (written.Count < rows)
            {
                var state = new float[model.StateFloats];
                if (written.Count % 3 == 0) state = random.Uniforms(state.Length, 1);
                if (written.Count % 3 == 0) engine.Write(written.Count, state);
                written.Add(state);
            }
        }

        var found = new float[model.StateFloats];
        for (int row = 0; row < written.Count; row++)
        {
            engine.Read(row, found);
            Assert.Equal(written[row], found);
        }

        int[] all = [.. Enumerable.Range(0, written.Count)];
        random.Shuffle(all);
        var top = new float[all.Length * 3];
        engine.ReadTop(all, top);
        for (int i = 0; i < all.Length; i++) Assert.Equal(written[all[i]][..3], top[(3 * i)..(3 * i + 3)]);
        Assert.True(engine.StateBytes >= 5000 * 6 * sizeof(float));
    }

    [PoclFact]
    public void ReadTop_OfAStack_IsTheLastRecurrentLayersH()
    {
        var random = new RandomModels(2);
        Model model = RandomModels.Stack(1, random.Layer("gru", "a", 1, 4), random.Layer("lstm", "b", 4, 3),
            random.Dense("c", 3, 5), random.Dense("head", 5, 1));
        using var engine = new GpuEngine(model, Pocl.Context);
        engine.Grow(2);
        engine.Write(1, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        var top = new float[6];
        engine.ReadTop([1, 0], top);
        Assert.Equal([5, 6, 7, 0, 0, 0], top);
    }

    [PoclFact]
    public void TakeStates_SwapsRowsAndOutlivesTheOther()
    {
        var random = new RandomModels(4);
        Model model = random.OneCell("gru", 1, 6, 1), other = random.OneCell("gru", 1, 6, 1);
        using var taker = new GpuEngine(other, Pocl.Context);
        var giver = new GpuEngine(model, Pocl.Context);
        giver.Grow(300);
        taker.Grow(2);
        float[] state = random.Uniforms(6, 1), found = new float[6];
        giver.Write(299, state);
        taker.Write(1, [9, 9, 9, 9, 9, 9]);
        taker.TakeStates(giver);
        Assert.Equal((300, 2), (taker.Rows, giver.Rows));
        giver.Read(1, found);
        Assert.Equal([9, 9, 9, 9, 9, 9], found);
        giver.Dispose();
        taker.Read(299, found);
        Assert.Equal(state, found);
        taker.Grow(2000);
        taker.Step([299, 1999], [1, 1], new float[2]);

        using var cpu = new CpuEngine(model);
        Assert.Throws<ArgumentException>(() => taker.TakeStates(cpu));
        using var unlike = new GpuEngine(random.OneCell("gru", 1, 5, 1), Pocl.Context);
        Assert.Throws<ArgumentException>(() => taker.TakeStates(unlike));
        Assert.Throws<ArgumentException>(() => taker.TakeStates(giver));
    }

    [PoclFact]
    public void Begin_AndEnd_DoWhatStepAndReadTopDo()
    {
        var random = new RandomModels(11);
        Model model = random.OneCell("lstm", 2, 21);
        using var one = new GpuEngine(model, Pocl.Context);
        using var other = new GpuEngine(model, Pocl.Context);
        foreach (int n in new[] { 1, 64, 65, 300, 4096, 5000 })
        {
            one.Grow(n);
            other.Grow(n);
            int[] rows = [.. Enumerable.Range(0, n)];
            random.Shuffle(rows);
            float[] x = random.Uniforms(n * 2, 1), y = new float[n * model.OutputCount], top = new float[n * 21];
            float[] foundY = new float[y.Length], foundTop = new float[top.Length];
            one.Step(rows, x, y);
            one.ReadTop(rows, top);
            other.Begin(rows, x, foundY, foundTop);
            // They are the caller's again.
            Array.Clear(rows);
            Array.Clear(x);
            Assert.Throws<InvalidOperationException>(() => other.Step([0], new float[2], new float[1]));
            Assert.Throws<InvalidOperationException>(() => other.Grow(2 * n));
            other.End(foundY, foundTop);
            Assert.Equal(y, foundY);
            Assert.Equal(top, foundTop);
            Assert.Throws<InvalidOperationException>(() => other.End(foundY, foundTop));
        }
    }

    // Where layers do not fit into a group's memory a launch has 4,096 rows at most.
    [PoclFact]
    public void Begin_OfMoreThanALaunch_StepsEveryRowOnce()
    {
        var random = new RandomModels(12);
        Model model = random.OneCell("gru", 1, 5);
        using var cut = new GpuEngine(model, Pocl.Context, tileBytes: 64, largestGroup: 256);
        using var whole = new GpuEngine(model, Pocl.Context);
        int[] rows = [.. Enumerable.Range(0, 2 * 4096 + 37)];
        random.Shuffle(rows);
        float[] y = new float[rows.Length * model.OutputCount], found = new float[y.Length];
        float[] top = new float[rows.Length * 5], foundTop = new float[top.Length];
        cut.Grow(rows.Length);
        whole.Grow(rows.Length);
        for (int step = 0; step < 3; step++)
        {
            float[] x = random.Uniforms(rows.Length, 1);
            whole.Step(rows, x, y);
            cut.Begin(rows, x, found, foundTop);
            cut.End(found, foundTop);
            Assert.Equal(y, found);
        }

        whole.ReadTop(rows, top);
        Assert.Equal(top, foundTop);
    }

    [PoclFact]
    public void Step_OnceWarm_AllocatesNothing()
    {
        var random = new RandomModels(6);
        Model model = random.OneCell("gru", 2, 19);
        using var engine = new GpuEngine(model, Pocl.Context);
        engine.Grow(100);
        int[] rows = [.. Enumerable.Range(7, 67)];
        float[] x = random.Uniforms(67 * 2, 1), y = new float[67 * 3], top = new float[67 * 19];
        float[] state = new float[19];
        for (int i = 0; i < 50; i++) Turn();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++) Turn();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Turn()
        {
            engine.Clear(3);
            engine.Write(4, state);
            engine.Step(rows, x, y);
            engine.ReadTop(rows, top);
            engine.Read(50, state);
        }
    }

    [PoclFact]
    public void Step_HugeInputs_LeavesNoInfinityOrNaN()
    {
        foreach (string cell in RandomModels.Cells)
        {
            var random = new RandomModels(8);
            Model model = RandomModels.Stack(2, random.Dense("first", 2, 9), random.Layer(cell, "a", 9, 17),
                random.Layer(cell, "b", 17, 5), random.Dense("head", 5, 2));
            using var engine = new GpuEngine(model, Pocl.Context);
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

    [PoclFact]
    public void Step_SoftmaxOfLargeSums_IsStable()
    {
        float[] weight = [1000, 1000, -1000, 0, 999], bias = [0, 1, 0, 0, 0];
        var head = new DenseLayer("head", 1, 5, Activation.Softmax, weight, bias);
        using var engine = new GpuEngine(RandomModels.Stack(1, head), Pocl.Context);
        engine.Grow(1);
        var y = new float[5];
        engine.Step([0], [1], y);
        double total = Math.Exp(-1) + 1 + Math.Exp(-2);
        float[] expected = [(float)(Math.Exp(-1) / total), (float)(1 / total), 0, 0, (float)(Math.Exp(-2) / total)];
        Agreement.Within(3e-7, y, expected, "softmax");
    }

    [PoclFact]
    public void Step_TokenOutOfTheVocabulary_StepsNothing()
    {
        var random = new RandomModels(9);
        Model model = RandomModels.Parse("tokens", ["token"], Normalisation.None,
            [new EmbeddingLayer("e", 3, 2, new float[6]), random.Layer("gru", "g", 2, 2), random.Dense("head", 2, 1)],
            Forecast.Of([1], ["next"]));
        using var engine = new GpuEngine(model, Pocl.Context);
        engine.Grow(2);
        foreach (float token in new[] { 3, -1, 0.5f, float.NaN })
            Assert.Throws<ArgumentException>(() => engine.Step([0, 1], [0, token], new float[2]));
        var state = new float[2];
        engine.Read(0, state);
        Assert.Equal([0, 0], state);
    }

    [PoclFact]
    public void Calls_WithWrongSpansOrRows_Throw()
    {
        Model model = new RandomModels(1).OneCell("gru", 2, 3);
        using var engine = new GpuEngine(model, Pocl.Context);
        engine.Grow(4);
        Assert.ThrowsAny<ArgumentException>(() => engine.Step([0], [1], new float[3]));
        Assert.ThrowsAny<ArgumentException>(() => engine.Step([0], [1, 1], new float[2]));
        Assert.ThrowsAny<ArgumentException>(() => engine.Step([4], [1, 1], new float[3]));
        Assert.ThrowsAny<ArgumentException>(() => engine.Step([-1], [1, 1], new float[3]));
        Assert.ThrowsAny<ArgumentException>(() => engine.Read(4, new float[3]));
        Assert.ThrowsAny<ArgumentException>(() => engine.Read(0, new float[2]));
        Assert.ThrowsAny<ArgumentException>(() => engine.Write(0, new float[4]));
        Assert.ThrowsAny<ArgumentException>(() => engine.Clear(-1));
        Assert.ThrowsAny<ArgumentException>(() => engine.ReadTop([4], new float[3]));
        Assert.ThrowsAny<ArgumentException>(() => engine.ReadTop([0], new float[2]));
        engine.Step([], [], []);
        engine.ReadTop([], []);
    }

    [PoclFact]
    public void Calls_AfterDispose_Throw()
    {
        Model model = new RandomModels(1).OneCell("gru", 1, 3, horizons: 1);
        var engine = new GpuEngine(model, Pocl.Context);
        engine.Grow(4);
        engine.Dispose();
        engine.Dispose();
        Assert.Throws<ObjectDisposedException>(() => engine.Step([0], [1], new float[1]));
        Assert.Throws<ObjectDisposedException>(() => engine.Grow(4));
        Assert.Throws<ObjectDisposedException>(() => engine.Read(0, new float[3]));
    }

    [PoclFact]
    public void A_network_for_each_input_agrees()
    {
        var random = new RandomModels(21);
        Layer[] layers = [random.Layer("lstm", "a", 1, 5), random.Dense("head", 5, 2)];
        Model one = RandomModels.Parse("one", ["x0"], Normalisation.None, layers, Forecast.Of([1, 2], ["x0"]));
        Parity.Check(one.Each(3), random, 50, steps: 4, 1e-5, "three inputs");
        using var cpu = new CpuEngine(one.Each(3), Kernels.Scalar);
        using var gpu = new GpuEngine(one.Each(3), Pocl.Context);
        float[] state = random.Uniforms(30, 1), expected = new float[30], found = new float[30];
        foreach (IStepEngine engine in (IStepEngine[])[cpu, gpu])
        {
            engine.Grow(4);
            engine.Write(2, state);
            engine.Write(3, state);
            engine.Clear(3);
            Assert.Equal(4, engine.Rows);
        }

        cpu.ReadTop([3, 2], expected);
        gpu.ReadTop([3, 2], found);
        Assert.Equal(expected, found);
    }

    [PoclFact]
    public void An_engine_without_states_steps()
    {
        Model model = RandomModels.Stack(2, new RandomModels(3).Dense("head", 2, 4));
        using var engine = new GpuEngine(model, Pocl.Context);
        engine.Grow(3);
        engine.Clear(2);
        engine.Step([2], [1, 1], new float[4]);
        engine.Read(1, []);
        engine.ReadTop([0], []);
    }

    [PoclFact]
    public void A_division_by_zero_is_an_exception_still()
    {
        // PoCL's own handler for it would end this process.
        _ = Pocl.Context;
        int zero = new RandomModels(1).Below(1);
        Assert.Throws<DivideByZeroException>(() => 1 / zero);
    }

    private static void Call(CpuEngine cpu, GpuEngine gpu, Model model, RandomModels random, string what)
    {
        if (gpu.Rows == 0 || random.Below(12) == 0)
        {
            int rows = gpu.Rows + 1 + random.Below(random.Below(6) == 0 ? 400 : 10);
            cpu.Grow(rows);
            gpu.Grow(rows);
            return;
        }

        int row = random.Below(gpu.Rows);
        switch (random.Below(5))
        {
            case 0:
                float[] state = random.Uniforms(model.StateFloats, 1);
                cpu.Write(row, state);
                gpu.Write(row, state);
                break;
            case 1:
                cpu.Clear(row);
                gpu.Clear(row);
                break;
            case 2:
                float[] expected = new float[model.StateFloats], found = new float[model.StateFloats];
                cpu.Read(row, expected);
                gpu.Read(row, found);
                Agreement.Within(1e-5, found, expected, $"{what}, state of row {row}");
                break;
            default:
                int[] rows = [.. Enumerable.Range(0, gpu.Rows)];
                random.Shuffle(rows);
                rows = rows[..(1 + random.Below(rows.Length))];
                float[] x = Parity.Inputs(model, random, rows.Length);
                float[] wanted = new float[rows.Length * model.OutputCount], got = new float[wanted.Length];
                cpu.Step(rows, x, wanted);
                gpu.Step(rows, x, got);
                Agreement.Within(1e-5, got, wanted, $"{what}, outputs");
                break;
        }
    }
}
