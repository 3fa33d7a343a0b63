using System.Globalization;
using Realtime.Cells;

namespace Realtime.Bench.Kernels;

/// <summary>
/// Nanoseconds per stream-step of every cell, size, batch and kernel next to the machine's floors, in a minute:
/// median and best of interleaved rounds, so that other load on the machine hits all alike.
/// </summary>
internal static class QuickTiming
{
    private const int Rounds = 60;
    private const double WarmUpSeconds = 0.35;
    private const double RoundSeconds = 0.0008;

    /// <param name="filters">
    /// Each keeps the rows that contain it, e.g. "gru", "H=64", "vector512"; none keeps all.
    /// </param>
    public static void Run(ReadOnlySpan<string> filters)
    {
        string[] wanted = filters.ToArray();
        PrintFloors();
        Console.WriteLine(
            $"{"cell",-22} {"kernel",-10} {"batch 1: median",15} {"best",8} {"batch 1024: median",19} {"best",8}");
        foreach (string cell in new[] { "gru", "gru-reset-before", "lstm", "rnn" })
        {
            foreach (int hidden in new[] { 8, 16, 32, 64, 128, 256 })
            {
                string label = $"{cell} H={hidden} ";
                string[] kernels = [.. Realtime.Cells.Kernels.Available.Where(
                    kernel => wanted.All(filter => (label + kernel).Contains(filter, StringComparison.Ordinal)))];
                if (kernels.Length > 0) Compare(cell, hidden, label, kernels);
            }
        }
    }

    private static void Compare(string cell, int hidden, string label, string[] kernels)
    {
        Model model = RandomModel.Of(cell, hidden);
        List<CpuEngine> engines = [];
        Timed[] one = [.. kernels.Select(kernel => Steps(model, kernel, 1, engines))];
        Timed[] many = [.. kernels.Select(kernel => Steps(model, kernel, 1024, engines))];
        Measure([.. one, .. many]);
        for (int i = 0; i < kernels.Length; i++)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{label,-22} {kernels[i],-10} {one[i].Median,15:F1} {one[i].Best,8:F1} ")
                + string.Create(CultureInfo.InvariantCulture, $"{many[i].Median,19:F1} {many[i].Best,8:F1}"));
        }

        engines.ForEach(engine => engine.Dispose());
    }

    private static Timed Steps(Model model, string kernel, int batch, List<CpuEngine> engines)
    {
        var engine = new CpuEngine(model, kernel);
        engines.Add(engine);
        engine.Grow(batch);
        int[] rows = [.. Enumerable.Range(0, batch)];
        float[] inputs = RandomModel.Floats(new Random(RandomModel.Seed), batch, 1), outputs = new float[batch];
        return new Timed(kernel, batch, calls =>
        {
            for (; calls > 0; calls--) engine.Step(rows, inputs, outputs);
        });
    }

    private static void PrintFloors()
    {
        using Floor l1 = new(16 << 10), l2 = new(256 << 10), l3 = new(4 << 20);
        float sink = 0;
        var registers = new Timed(
            "in registers", l1.Count, calls => { for (; calls > 0; calls--) sink += l1.InRegisters(); });
        Timed Loading(string name, Floor floor) =>
            new(name, floor.Count, calls => { for (; calls > 0; calls--) sink += floor.Loading(); });
        Timed[] loading = [Loading("16 KiB", l1), Loading("256 KiB", l2), Loading("4 MiB", l3)];
        Measure([registers, .. loading]);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"16 multiply-adds in registers: median {registers.Median:F3} ns, best {registers.Best:F3} ns"));
        foreach (Timed timed in loading)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  loading 64 bytes of {timed.Name}: median {timed.Median:F3} ns, best {timed.Best:F3} ns, ")
                + string.Create(CultureInfo.InvariantCulture, $"{64 / timed.Best:F0} GB/s"));
        }

        GC.KeepAlive(sink);
    }

    private static void Measure(Timed[] all)
    {
        foreach (Timed timed in all) timed.WarmUp(WarmUpSeconds, RoundSeconds);
        for (int round = 0; round < Rounds; round++)
            foreach (Timed timed in all) timed.Round();
    }
}
