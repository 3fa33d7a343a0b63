using System.Diagnostics;
using Realtime.Cells.Tests.Support;

namespace Realtime.Cells.Tests;

/// <summary>Waves split among threads.</summary>
public sealed class ThreadsTests
{
    public static TheoryData<string> AllKernels => new(Kernels.Available);

    [Theory]
    [MemberData(nameof(AllKernels))]
    public void Any_number_of_threads_gives_the_same_bits(string kernel)
    {
        foreach (string cell in RandomModels.Cells)
        {
            var random = new RandomModels(21);
            Model model = RandomModels.Stack(2, random.Layer(cell, "a", 2, 20), random.Dense("head", 20, 3));
            foreach (int rows in new[] { 255, 256, 257, 700 })
            {
                float[] x = random.Uniforms(rows * 2, 2), expected = Run(model, kernel, 1, rows, x);
                foreach (int threads in new[] { 2, 3, 7, 40 })
                {
                    Agreement.SameBits(
                        Run(model, kernel, threads, rows, x), expected, $"{cell}, {threads} threads, {rows} rows");
                }
            }
        }
    }

    [Fact]
    public void Threads_sleep_and_wake_again()
    {
        var random = new RandomModels(22);
        Model model = random.OneCell("gru", 1, 8);
        using CpuEngine one = Engine(model, Kernels.Auto, 1, 300), three = Engine(model, Kernels.Auto, 3, 300);
        int[] rows = [.. Enumerable.Range(0, 300)];
        float[] x = random.Uniforms(300, 1), y = new float[300 * model.OutputCount], z = new float[y.Length];
        for (int i = 0; i < 60; i++)
        {
            // From no pause to one that outlasts the look-out for work.
            Thread.Sleep(i % 3);
            one.Step(rows, x, y);
            three.Step(rows, x, z);
            Agreement.SameBits(z, y, $"step {i}");
        }
    }

    [Fact]
    public void Step_with_threads_allocates_nothing()
    {
        var random = new RandomModels(23);
        Model model = random.OneCell("lstm", 1, 16);
        using CpuEngine engine = Engine(model, Kernels.Auto, 2, 512);
        int[] rows = [.. Enumerable.Range(0, 512)];
        float[] x = random.Uniforms(512, 1), y = new float[512 * model.OutputCount];
        for (int i = 0; i < 200; i++) engine.Step(rows, x, y);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 500; i++) engine.Step(rows, x, y);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Dispose_ends_the_threads()
    {
        Model model = new RandomModels(24).OneCell("gru", 1, 4);
        int most = 0;
        for (int round = 0; round < 20; round++)
        {
            CpuEngine engine = Engine(model, Kernels.Auto, 32, 300);
            most = Math.Max(most, Process.GetCurrentProcess().Threads.Count);
            engine.Dispose();
            engine.Dispose();
        }

        // Other tests run beside this one. Threads that stayed would be 20 times 31.
        int left = Process.GetCurrentProcess().Threads.Count;
        Assert.True(left < 200 && most < 300, $"{left} threads left, {most} at most");
    }

    [Fact]
    public void Fewer_than_one_thread_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(
        () => new CpuEngine(new RandomModels(25).OneCell("gru", 1, 4), Kernels.Auto, 0));

    private static CpuEngine Engine(Model model, string kernel, int threads, int rows)
    {
        var engine = new CpuEngine(model, kernel, threads);
        engine.Grow(rows);
        return engine;
    }

    /// <summary>Outputs of three steps, then the states.</summary>
    private static float[] Run(Model model, string kernel, int threads, int rows, float[] x)
    {
        using CpuEngine engine = Engine(model, kernel, threads, rows);
        int[] order = [.. Enumerable.Range(0, rows)];
        new RandomModels(26).Shuffle(order);
        int outputs = rows * model.OutputCount;
        var results = new float[3 * outputs + rows * model.StateFloats];
        for (int t = 0; t < 3; t++) engine.Step(order, x, results.AsSpan(t * outputs, outputs));
        for (int row = 0; row < rows; row++)
            engine.Read(row, results.AsSpan(3 * outputs + row * model.StateFloats, model.StateFloats));
        return results;
    }
}
