using Realtime.Cells;
using Realtime.Cells.Tests.Support;

namespace Realtime.Gpu.Tests.Support;

/// <summary>Steps a model on the device and by the reference, and compares outputs and all states.</summary>
internal static class Parity
{
    public static void Check(Model model, RandomModels random, int count, int steps, double tolerance, string what,
        GpuContext? context = null, int? tileBytes = null, int? largestGroup = null)
    {
        context ??= Pocl.Context;
        using var cpu = new CpuEngine(model, Kernels.Scalar);
        using var gpu = new GpuEngine(
            model, context, tileBytes ?? context.TileBytes, largestGroup ?? context.LargestGroup);
        // Some rows are not in the wave, and must not change.
        int[] rows = [.. Enumerable.Range(0, count + 7)];
        random.Shuffle(rows);
        cpu.Grow(rows.Length);
        gpu.Grow(rows.Length);
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
            float[] x = Inputs(model, random, count);
            cpu.Step(rows, x, expected);
            gpu.Step(rows, x, found);
            Agreement.Within(tolerance, found, expected, $"{what}, outputs of step {t}");
            random.Shuffle(rows);
        }

        float[] wanted = new float[model.StateFloats], got = new float[model.StateFloats];
        for (int row = 0; row < gpu.Rows; row++)
        {
            cpu.Read(row, wanted);
            gpu.Read(row, got);
            Agreement.Within(tolerance, got, wanted, $"{what}, state of row {row}");
        }
    }

    public static float[] Inputs(Model model, RandomModels random, int rows)
    {
        float[] x = random.Uniforms(rows * model.NetworkInputCount, 2);
        if (model.Vocabulary is { } tokens)
            for (int i = 0; i < x.Length; i++) x[i] = random.Below(tokens);
        return x;
    }
}
