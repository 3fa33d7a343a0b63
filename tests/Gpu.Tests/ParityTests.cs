using Realtime.Cells;
using Realtime.Cells.Tests.Support;
using Realtime.Gpu.Tests.Support;

namespace Realtime.Gpu.Tests;

/// <summary>The kernels agree with the scalar reference.</summary>
public sealed class ParityTests
{
    private const double OneStep = 2e-6;
    private const double ManySteps = 1e-5;

    public static TheoryData<string> Cells => new(RandomModels.Cells);

    [PoclTheory]
    [MemberData(nameof(Cells))]
    public void One_step_of_every_hidden_size_agrees(string cell)
    {
        for (int hidden = 1; hidden <= 130; hidden++)
        {
            var random = new RandomModels(hidden);
            int rows = 1 + random.Below(hidden % 8 == 0 ? 300 : 40);
            Model model = random.OneCell(cell, 1 + hidden % 6, hidden, 1 + hidden % 5);
            Parity.Check(model, random, rows, steps: 1, OneStep, $"{cell} {hidden}");
        }
    }

    [PoclTheory]
    [MemberData(nameof(Cells))]
    public void Large_hidden_sizes_agree(string cell)
    {
        foreach ((int hidden, int rows) in new[] { (256, 1), (256, 67), (512, 20), (511, 3) })
        {
            var random = new RandomModels(hidden + rows);
            Parity.Check(random.OneCell(cell, 3, hidden), random, rows, steps: 1, OneStep, $"{cell} {hidden}");
        }
    }

    [PoclTheory]
    [MemberData(nameof(Cells))]
    public void Groups_as_large_as_a_card_has_agree(string cell)
    {
        foreach ((int hidden, int rows) in new[] { (3, 150), (32, 300), (33, 200), (64, 100) })
        {
            var random = new RandomModels(hidden + rows);
            Model model = random.OneCell(cell, 3, hidden);
            Parity.Check(model, random, rows, 1, OneStep, $"{cell} {hidden}", largestGroup: 256);
        }
    }

    [PoclTheory]
    [MemberData(nameof(Cells))]
    public void Two_hundred_steps_agree(string cell)
    {
        foreach (int hidden in new[] { 1, 7, 32, 65 })
        {
            var random = new RandomModels(hidden);
            Parity.Check(random.OneCell(cell, 2, hidden), random, 9, steps: 200, ManySteps, $"{cell} {hidden}");
        }
    }

    [PoclFact]
    public void Every_batch_of_1_to_300_agrees()
    {
        var random = new RandomModels(3);
        for (int rows = 1; rows <= 300; rows++)
        {
            string cell = RandomModels.Cells[rows % RandomModels.Cells.Length];
            Parity.Check(random.OneCell(cell, 2, 1 + rows % 19), random, rows, 1, OneStep, $"{cell}, {rows} rows");
        }
    }

    [PoclFact]
    public void Stacks_of_any_layers_agree()
    {
        for (int seed = 0; seed < 60; seed++)
        {
            var random = new RandomModels(seed);
            Model model = RandomStack(random, out string what);
            Parity.Check(model, random, 1 + random.Below(80), steps: 3, ManySteps, $"seed {seed}: {what}");
        }
    }

    [PoclFact]
    public void Layers_that_do_not_fit_into_a_group_agree()
    {
        var random = new RandomModels(5);
        Model model = RandomModels.Stack(2, random.Dense("wide", 2, 9000, Activation.Tanh),
            random.Dense("narrow", 9000, 3, Activation.Relu), random.Layer("gru", "a", 3, 6),
            random.Dense("head", 6, 2));
        Parity.Check(model, random, 70, steps: 3, ManySteps, "9000 units");
    }

    [PoclTheory]
    [MemberData(nameof(Cells))]
    public void Tiles_in_global_memory_agree(string cell)
    {
        foreach (int hidden in new[] { 1, 18, 33, 130 })
        {
            var random = new RandomModels(hidden);
            Model model = random.OneCell(cell, 3, hidden);
            Parity.Check(model, random, 40, steps: 3, ManySteps, $"{cell} {hidden}", tileBytes: 0);
        }
    }

    [PoclTheory]
    [InlineData(Activation.Linear)]
    [InlineData(Activation.Sigmoid)]
    [InlineData(Activation.Tanh)]
    [InlineData(Activation.Relu)]
    [InlineData(Activation.Softmax)]
    public void Dense_layers_of_every_size_agree(Activation activation)
    {
        for (int size = 1; size <= 130; size++)
        {
            var random = new RandomModels(2000 + size);
            int inputs = 1 + random.Below(130);
            Model model = RandomModels.Stack(inputs, random.Dense("head", inputs, size, activation));
            Parity.Check(model, random, 5, steps: 1, OneStep, $"{activation} {inputs} to {size}");
        }
    }

    [PoclTheory]
    [InlineData(Activation.Sigmoid)]
    [InlineData(Activation.Tanh)]
    public void Activations_are_off_by_less_than_5e7(Activation activation)
    {
        const int Points = 100_000;
        float[] one = [1], zero = [0];
        Model model = RandomModels.Stack(1, new DenseLayer("head", 1, 1, activation, one, zero));
        using var engine = new GpuEngine(model, Pocl.Context);
        engine.Grow(Points);
        int[] rows = [.. Enumerable.Range(0, Points)];
        float[] x = [.. rows.Select(i => (i - Points / 2) * (40f / Points))], y = new float[Points];
        engine.Step(rows, x, y);
        for (int i = 0; i < Points; i++)
        {
            double expected = activation == Activation.Tanh ? Math.Tanh(x[i]) : 1 / (1 + Math.Exp(-(double)x[i]));
            Assert.True(Math.Abs(y[i] - expected) < 5e-7, $"{activation} of {x[i]:r} is {y[i]:r}, not {expected:r}");
        }
    }

    private static Model RandomStack(RandomModels random, out string what)
    {
        List<Layer> layers = [];
        int width = 1 + random.Below(4), inputs = width;
        if (random.Below(4) == 0)
        {
            inputs = 1;
            layers.Add(new EmbeddingLayer("e", 11, width, random.Uniforms(11 * width, 1)));
        }

        int depth = random.Below(4);
        for (int i = 0; i < depth; i++)
        {
            int size = 1 + random.Below(70);
            layers.Add(random.Below(4) switch
            {
                0 => random.Dense($"l{i}", width, size, (Activation)random.Below(4)),
                _ => random.Layer(RandomModels.Cells[random.Below(5)], $"l{i}", width, size),
            });
            width = size;
            if (random.Below(3) == 0) layers.Add(new DropoutLayer($"d{i}", width, 0.3));
        }

        layers.Add(random.Dense("head", width, 1 + random.Below(9), (Activation)random.Below(5)));
        what = string.Join(", ", layers.Select(layer => $"{layer.Kind} {layer.Inputs} to {layer.Outputs}"));
        int[] horizons = [.. Enumerable.Range(1, layers[^1].Outputs)];
        return RandomModels.Parse("stack", RandomModels.Names(inputs), Normalisation.None, [.. layers],
            Forecast.Of(horizons, ["out"]));
    }
}
