using System.Globalization;
using Realtime.Bench.Kernels;
using Realtime.Cells;
using Realtime.Cells.RollOuts;
using Realtime.Gpu;

namespace Realtime.Bench.Gpu;

/// <summary>Whether a device computes what the scalar reference does.</summary>
internal static class Parity
{
    private const int Rows = 301;
    private const int Steps = 16;

    /// <summary>Steps every cell from 1 to 512 units, and rolls one out; prints how far each is off.</summary>
    public static bool Holds(GpuContext context)
    {
        bool all = true;
        foreach (string cell in new[] { "rnn", "gru", "gru-reset-before", "lstm" })
        {
            foreach (int hidden in new[] { 1, 17, 64, 128, 256, 512 })
            {
                Model model = RandomModel.Of(cell, hidden);
                using var cpu = new CpuEngine(model, Realtime.Cells.Kernels.Scalar);
                all &= Report($"{cell}-{hidden}", GpuTrial.Run(model, context, cpu, 0, TimeSpan.Zero).Difference);
            }
        }

        return all & Report($"gru-64 rolled out {Steps} steps", RolledOut(context));
    }

    private static double RolledOut(GpuContext context)
    {
        Model model = RandomModel.Of("gru", 64);
        using var cpu = new CpuEngine(model, Realtime.Cells.Kernels.Scalar);
        using var gpu = new GpuEngine(model, context);
        int[] rows = [.. Enumerable.Range(0, Rows)];
        float[] x = RandomModel.Floats(new Random(RandomModel.Seed), Rows, 1);
        var points = new float[2][];
        foreach ((int i, IStepEngine engine) in ((IStepEngine[])[cpu, gpu]).Index())
        {
            engine.Grow(Rows);
            engine.Step(rows, x, new float[Rows]);
            using IRollOut rollOut = engine.RollOut();
            points[i] = new float[Rows * Steps];
            rollOut.Run(rows, new RollOutStart(Steps, x, new float[Rows * rollOut.FeedBack.Numbers], []), points[i]);
        }

        return points[1].Zip(points[0]).Max(static pair =>
            double.IsNaN(pair.First) ? double.PositiveInfinity
            : Math.Abs((double)pair.First - pair.Second) / Math.Max(1, Math.Abs((double)pair.Second)));
    }

    private static bool Report(string what, double difference)
    {
        bool agrees = difference <= GpuTrial.Tolerance;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"parity {what}: {difference:e1} of max(1, |y|){(agrees ? "" : " FAILED")}"));
        return agrees;
    }
}
