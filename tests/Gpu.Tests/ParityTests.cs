using Realtime.Cells;
using Realtime.Cells.Tests.Support;
using Realtime.Gpu.Tests.Support;

namespace Realtime.Gpu.Tests;

/// <summary>The kernels agree with the scalar reference.</summary>
public sealed class ParityTests
{
    private const double OneStep = 2e-6;

    public static TheoryData<string> Cells => new(RandomModels.Cells);

    [PoclTheory]
    [MemberData(nameof(Cells))]
    public void One_step_of_every_hidden_size_agrees(string cell)
    {
        for (int hidden = 1; hidden <= 130; hidden++)
        {
            var random = new RandomModels(hidden);
            int inputs = 1 + hidden % 6, rows = 1 + hidden % 40;
            Model model = random.OneCell(cell, inputs, hidden, 1 + hidden % 5);
            Compare(model, random, rows, steps: 1, OneStep, $"{cell} {hidden}");
        }
    }

    private static void Compare(
        Model model, RandomModels random, int count, int steps, double tolerance, string what)
    {
        using var cpu = new CpuEngine(model, Kernels.Scalar);
        using var gpu = new GpuEngine(model, Pocl.Context);
        int[] rows = [.. Enumerable.Range(0, count + 7)];
        random.Shuffle(rows);
        int tokens = model.Vocabulary ?? 0;
        foreach (IStepEngine engine in (IStepEngine[])[cpu, gpu]) engine.Grow(rows.Length);
        foreach (int row in rows)
        {
            float[] state = random.Uniforms(model.StateFloats, 1);
            cpu.Write(row, state);
            gpu.Write(row, state);
        }

        rows = rows[..count];
        float[] expected = new float[count * model.OutputCount], found = new float[expected.Length];
        for (int t = 0; t < steps; t++)
        {
            float[] x = random.Uniforms(count * model.Inputs.Count, 2);
            if (tokens > 0) x = [.. x.Select(_ => (float)random.Below(tokens))];
            cpu.Step(rows, x, expected);
            gpu.Step(rows, x, found);
            Agreement.Within(tolerance, found, expected, $"{what}, outputs of step {t}");
        }

        float[] wanted = new float[model.StateFloats], got = new float[model.StateFloats];
        for (int row = 0; row < gpu.Rows; row++)
        {
            cpu.Read(row, wanted);
            gpu.Read(row, got);
            Agreement.Within(tolerance, got, wanted, $"{what}, state of row {row}");
        }
    }
}
