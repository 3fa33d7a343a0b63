using FsCheck;
using FsCheck.Fluent;
using Realtime.Cells.Tests.Support;

namespace Realtime.Cells.Tests;

public sealed class StackTests
{
    [VectorFact]
    public void Random_stacks_agree_with_the_reference() => Prop.ForAll(
        ArbMap.Default.ArbFor<PositiveInt>(), seed => StackAgrees(seed.Get)).QuickCheckThrowOnFailure();

    private static void StackAgrees(int seed)
    {
        var random = new RandomModels(seed);
        Model model = RandomStack(random);
        const int rows = 6;
        float[] x = random.Uniforms(20 * rows * model.Inputs.Count, 2);
        float[] expected = Run(model, Kernels.Scalar, x, rows);
        foreach (string kernel in Kernels.Available)
            Agreement.Within(1e-5, Run(model, kernel, x, rows), expected, $"seed {seed}, {kernel}");
    }

    private static Model RandomStack(RandomModels random)
    {
        int inputs = 1 + random.Below(9), size = inputs;
        var layers = new List<Layer>();
        for (int i = random.Below(5); i >= 0; i--)
        {
            int next = 1 + random.Below(40);
            int kind = random.Below(RandomModels.Cells.Length + 2);
            if (kind < RandomModels.Cells.Length)
                layers.Add(random.Layer(RandomModels.Cells[kind], $"layer{i}", size, next));
            else if (kind == RandomModels.Cells.Length)
                layers.Add(random.Dense($"layer{i}", size, next, (Activation)random.Below(4)));
            else layers.Add(new DropoutLayer($"layer{i}", next = size, 0.5));
            size = next;
        }

        layers.Add(random.Dense("head", size, 1 + random.Below(20), (Activation)random.Below(5)));
        return RandomModels.Stack(inputs, [.. layers]);
    }

    private static float[] Run(Model model, string kernel, float[] x, int rows)
    {
        using var engine = new CpuEngine(model, kernel);
        engine.Grow(rows);
        int step = rows * model.Inputs.Count, steps = x.Length / step, outputs = rows * model.OutputCount;
        var results = new float[steps * outputs + rows * model.StateFloats];
        int[] all = Enumerable.Range(0, rows).ToArray();
        for (int t = 0; t < steps; t++)
            engine.Step(all, x.AsSpan(t * step, step), results.AsSpan(t * outputs, outputs));
        for (int row = 0; row < rows; row++)
            engine.Read(row, results.AsSpan(steps * outputs + row * model.StateFloats, model.StateFloats));
        return results;
    }
}
