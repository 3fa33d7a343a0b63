using System.Diagnostics;
using Realtime.Cells;

namespace Realtime.Gpu;

/// <summary>A model on a device and on the processor: how far they are apart, and how long each takes.</summary>
/// <param name="Difference">The largest |a − b| / max(1, |b|) of outputs and states.</param>
/// <param name="CpuNanoseconds">Per stream and step; 0 where it was not measured.</param>
/// <param name="GpuNanoseconds">Likewise, copies and all calls counted.</param>
public sealed record GpuTrial(double Difference, double CpuNanoseconds, double GpuNanoseconds)
{
    /// <summary>What devices have to agree to.</summary>
    public const double Tolerance = 1e-5;

    // Odd, so that tiles are not full; more than a tile of any shape.
    private const int CheckedRows = 301;
    private const int CheckedSteps = 4;
    private const int FewestRuns = 5;

    /// <summary>Steps made-up streams on both and compares them; then, where wanted, measures both.</summary>
    /// <param name="model">The model.</param>
    /// <param name="context">The device.</param>
    /// <param name="cpu">A new engine of the same model on the processor.</param>
    /// <param name="rows">Streams to measure with; 0 measures nothing.</param>
    /// <param name="time">To measure each for.</param>
    /// <exception cref="GpuException">The device fails.</exception>
    public static GpuTrial Run(Model model, GpuContext context, IStepEngine cpu, int rows, TimeSpan time)
    {
        ArgumentNullException.ThrowIfNull(cpu);
        using var gpu = new GpuEngine(model, context);
        double difference = Compare(model, cpu, gpu);
        if (rows == 0) return new GpuTrial(difference, 0, 0);
        return new GpuTrial(difference, Measure(model, cpu, rows, time), Measure(model, gpu, rows, time));
    }

    /// <summary>Nanoseconds per stream and step, the median of many steps of so many streams.</summary>
    public static double Measure(Model model, IStepEngine engine, int rows, TimeSpan time)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(engine);
        engine.Grow(rows);
        int[] wave = [.. Enumerable.Range(0, rows)];
        float[] inputs = Inputs(model, rows, 1), outputs = new float[rows * model.OutputCount];
        engine.Step(wave, inputs, outputs);
        List<double> runs = [];
        long start = Stopwatch.GetTimestamp();
        do
        {
            long run = Stopwatch.GetTimestamp();
            engine.Step(wave, inputs, outputs);
            runs.Add(Stopwatch.GetElapsedTime(run).TotalNanoseconds);
        }
        while (runs.Count < FewestRuns || Stopwatch.GetElapsedTime(start) < time);
        runs.Sort();
        return runs[runs.Count / 2] / rows;
    }

    private static double Compare(Model model, IStepEngine cpu, GpuEngine gpu)
    {
        cpu.Grow(CheckedRows);
        gpu.Grow(CheckedRows);
        int[] wave = [.. Enumerable.Range(0, CheckedRows).Select(i => i * 2 % CheckedRows)];
        float[] expected = new float[CheckedRows * model.OutputCount], found = new float[expected.Length];
        double worst = 0;
        for (int step = 0; step < CheckedSteps; step++)
        {
            float[] inputs = Inputs(model, CheckedRows, step);
            cpu.Step(wave, inputs, expected);
            gpu.Step(wave, inputs, found);
            worst = Math.Max(worst, Worst(found, expected));
        }

        float[] state = new float[model.StateFloats], wanted = new float[model.StateFloats];
        for (int row = 0; row < CheckedRows; row++)
        {
            cpu.Read(row, wanted);
            gpu.Read(row, state);
            worst = Math.Max(worst, Worst(state, wanted));
        }

        return worst;
    }

    private static double Worst(ReadOnlySpan<float> found, ReadOnlySpan<float> expected)
    {
        double worst = 0;
        for (int i = 0; i < found.Length; i++)
        {
            double error = Math.Abs((double)found[i] - expected[i]) / Math.Max(1, Math.Abs((double)expected[i]));
            worst = double.IsNaN(error) ? double.PositiveInfinity : Math.Max(worst, error);
        }

        return worst;
    }

    // Between −2 and 2, the same at every start; tokens that the vocabulary has.
    private static float[] Inputs(Model model, int rows, int step)
    {
        var inputs = new float[rows * model.NetworkInputCount];
        for (int i = 0; i < inputs.Length; i++)
        {
            uint mixed = (uint)(i + 1000003 * step) * 2654435761u >> 8;
            inputs[i] = model.Vocabulary is { } tokens ? mixed % (uint)tokens : mixed / (float)(1 << 22) - 2;
        }

        return inputs;
    }
}
