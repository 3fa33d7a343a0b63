using System.Diagnostics;
using System.Globalization;
using Realtime.Bench.Kernels;
using Realtime.Cells;
using Realtime.Gpu;

namespace Realtime.Bench.Gpu;

/// <summary>
/// One card, by itself: Bench.Gpu [DEVICE [STREAMS]] checks the kernels against the scalar reference, then measures; a
/// line of "name: value unit" for each figure.
/// </summary>
internal static class Program
{
    private const int Hidden = 64;
    private const int Latencies = 3000;
    private const int Rounds = 7;

    private static int Main(string[] arguments)
    {
        GpuSearch search = GpuDevices.Find(arguments.Length > 0 ? arguments[0] : null);
        if (search.Chosen is not { } device)
        {
            Console.Error.WriteLine(search.Reason);
            return 78;
        }

        int most = arguments.Length > 1 ? int.Parse(arguments[1], CultureInfo.InvariantCulture) : 1_000_000;
        Console.WriteLine($"# {device}, {device.Driver}, {device.Memory >> 20} MiB");
        using GpuContext context = GpuDevices.Open(device);
        if (!Agrees(context)) return 1;
        Model model = RandomModel.Of("gru", Hidden);
        using var engine = new GpuEngine(model, context);
        foreach (int rows in new[] { 1, 64, 1024 }) MeasureLatency(model, engine, Math.Min(rows, most));
        foreach (int rows in new[] { 1024, 10_000, 100_000, 1_000_000 })
            if (rows <= most) MeasureThroughput(model, engine, rows);
        return 0;
    }

    private static bool Agrees(GpuContext context)
    {
        bool all = true;
        foreach (string cell in new[] { "rnn", "gru", "gru-reset-before", "lstm" })
        {
            foreach (int hidden in new[] { 1, 17, 64, 128, 256, 512 })
            {
                Model model = RandomModel.Of(cell, hidden);
                using var cpu = new CpuEngine(model, Realtime.Cells.Kernels.Scalar);
                double difference = GpuTrial.Run(model, context, cpu, 0, TimeSpan.Zero).Difference;
                bool agrees = difference <= GpuTrial.Tolerance;
                all &= agrees;
                Report($"parity {cell}-{hidden}{(agrees ? "" : " FAILED")}", difference, "of max(1, |y|)");
            }
        }

        return all;
    }

    // Inputs in the host's memory to outputs in the host's memory.
    private static void MeasureLatency(Model model, GpuEngine engine, int rows)
    {
        (int[] wave, float[] inputs, float[] outputs) = Wave(model, rows);
        engine.Grow(rows);
        for (int i = 0; i < 200; i++) engine.Step(wave, inputs, outputs);
        var times = new double[Latencies];
        for (int i = 0; i < times.Length; i++)
        {
            long start = Stopwatch.GetTimestamp();
            engine.Step(wave, inputs, outputs);
            times[i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        }

        Array.Sort(times);
        Report($"step {rows} host to host p50", times[times.Length / 2], "us");
        Report($"step {rows} host to host p99", times[times.Length * 99 / 100], "us");
    }

    private static void MeasureThroughput(Model model, GpuEngine engine, int rows)
    {
        (int[] wave, float[] inputs, float[] outputs) = Wave(model, rows);
        engine.Grow(rows);
        for (int i = 0; i < 3; i++) engine.Step(wave, inputs, outputs);
        double whole = Median(() => engine.Step(wave, inputs, outputs));
        double one = Median(() => engine.Repeat(1)), sixteen = Median(() => engine.Repeat(16));
        Report($"step {rows} host to host", whole, "us");
        // The difference leaves out what a launch and the wait for it cost.
        Report($"step {rows} resident", (sixteen - one) / 15, "us");
        Report($"roll-out of 16 steps {rows} resident", sixteen, "us");
    }

    private static double Median(Action action)
    {
        var times = new double[Rounds];
        for (int i = 0; i < times.Length; i++)
        {
            long start = Stopwatch.GetTimestamp();
            action();
            times[i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        }

        Array.Sort(times);
        return times[times.Length / 2];
    }

    private static (int[] Rows, float[] Inputs, float[] Outputs) Wave(Model model, int rows)
    {
        var random = new Random(RandomModel.Seed);
        int[] wave = [.. Enumerable.Range(0, rows)];
        random.Shuffle(wave);
        return (wave, RandomModel.Floats(random, rows * model.Inputs.Count, 1), new float[rows * model.OutputCount]);
    }

    private static void Report(string name, double value, string unit) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"{name}: {value:g5} {unit}"));
}
