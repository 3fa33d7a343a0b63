using Realtime.Cells.Tests.Support;

namespace Realtime.Cells.Tests;

/// <summary>The scalar kernel is the specification; the vector kernels agree with it at every hidden size.</summary>
public sealed class KernelAgreementTests
{
    private const int LargestHidden = 130;

    public static TheoryData<string> Cells => new(RandomModels.Cells);

    private static IEnumerable<string> VectorKernels => Kernels.Available.Where(kernel => kernel != Kernels.Scalar);

    [VectorTheory]
    [MemberData(nameof(Cells))]
    public void One_step_from_equal_state_agrees_to_1e6(string cell)
    {
        const int rows = 5;
        for (int hidden = 1; hidden <= LargestHidden; hidden++)
        {
            var random = new RandomModels(hidden);
            int inputs = 1 + hidden % 5;
            Model model = random.OneCell(cell, inputs, hidden);
            float[] x = random.Uniforms(rows * inputs, 3);
            float[][] states = Enumerable.Range(0, rows).Select(_ => random.Uniforms(model.StateFloats, 1)).ToArray();
            float[] expected = StepOnce(model, Kernels.Scalar, x, states);
            foreach (string kernel in VectorKernels)
                Agreement.Within(1e-6, StepOnce(model, kernel, x, states), expected, $"{cell} {hidden} {kernel}");
        }
    }

    [VectorTheory]
    [MemberData(nameof(Cells))]
    public void Five_hundred_steps_agree_to_1e5(string cell)
    {
        for (int hidden = 1; hidden <= LargestHidden; hidden++)
        {
            var random = new RandomModels(1000 + hidden);
            int inputs = 1 + hidden % 3;
            Model model = random.OneCell(cell, inputs, hidden);
            float[] x = random.Uniforms(500 * inputs, 2);
            float[] expected = Run(model, Kernels.Scalar, x);
            foreach (string kernel in VectorKernels)
                Agreement.Within(1e-5, Run(model, kernel, x), expected, $"{cell} {hidden} {kernel}");
        }
    }

    [VectorTheory]
    [InlineData(Activation.Linear)]
    [InlineData(Activation.Sigmoid)]
    [InlineData(Activation.Tanh)]
    [InlineData(Activation.Relu)]
    [InlineData(Activation.Softmax)]
    public void Dense_layers_of_every_size_agree_to_1e6(Activation activation)
    {
        for (int size = 1; size <= LargestHidden; size++)
        {
            var random = new RandomModels(2000 + size);
            int inputs = 1 + random.Below(LargestHidden);
            Model model = RandomModels.Stack(inputs, random.Dense("head", inputs, size, activation));
            float[] x = random.Uniforms(5 * inputs, 2);
            float[][] states = [[], [], [], [], []];
            float[] expected = StepOnce(model, Kernels.Scalar, x, states);
            foreach (string kernel in VectorKernels)
                Agreement.Within(1e-6, StepOnce(model, kernel, x, states), expected, $"{activation} {size} {kernel}");
        }
    }

    /// <summary>Outputs, then new states, of one step of as many rows as there are states.</summary>
    private static float[] StepOnce(Model model, string kernel, float[] x, float[][] states)
    {
        using var engine = new CpuEngine(model, kernel);
        engine.Grow(states.Length);
        var results = new float[states.Length * (model.OutputCount + model.StateFloats)];
        for (int row = 0; row < states.Length; row++) engine.Write(row, states[row]);
        int[] rows = Enumerable.Range(0, states.Length).ToArray();
        engine.Step(rows, x, results.AsSpan(0, rows.Length * model.OutputCount));
        for (int row = 0; row < states.Length; row++)
        {
            int start = rows.Length * model.OutputCount + row * model.StateFloats;
            engine.Read(row, results.AsSpan(start, model.StateFloats));
        }

        return results;
    }

    /// <summary>Outputs of every step from zero, then the last state.</summary>
    private static float[] Run(Model model, string kernel, float[] x)
    {
        using var engine = new CpuEngine(model, kernel);
        engine.Grow(1);
        int inputs = model.Inputs.Count, steps = x.Length / inputs;
        var results = new float[steps * model.OutputCount + model.StateFloats];
        for (int t = 0; t < steps; t++)
        {
            engine.Step([0], x.AsSpan(t * inputs, inputs),
                results.AsSpan(t * model.OutputCount, model.OutputCount));
        }

        engine.Read(0, results.AsSpan(steps * model.OutputCount));
        return results;
    }
}
