using System.Diagnostics;
using System.Reflection;
using Realtime.Cells.Tests.Support;

namespace Realtime.Cells.Tests;

/// <summary>
/// That the vector kernels are worth having: a wide margin, which only a kernel that has fallen out of its vectors
/// misses. The benchmarks tell how fast they are.
/// </summary>
public sealed class KernelSpeedTests
{
    private const int Rows = 64;
    private const int Rounds = 15;

    [OptimisedVectorFact]
    public void The_best_vector_kernel_is_at_least_3_times_as_fast_as_the_reference()
    {
        var random = new RandomModels(31);
        Model model = random.OneCell("gru", 1, 32);
        float[] x = random.Uniforms(Rows, 1), y = new float[Rows * model.OutputCount];
        int[] rows = [.. Enumerable.Range(0, Rows)];
        string best = Kernels.Available[^1];
        using CpuEngine vector = Engine(best, model), reference = Engine(Kernels.Scalar, model);
        Time(vector, 4000);
        Time(reference, 100);
        List<double> vectors = [], references = [];
        for (int round = 0; round < Rounds; round++)
        {
            vectors.Add(Time(vector, 200));
            references.Add(Time(reference, 10));
        }

        double ratio = references.Order().ElementAt(Rounds / 2) / vectors.Order().ElementAt(Rounds / 2);
        Assert.True(ratio >= 3, $"{best} is {ratio:F1} times as fast as the reference");

        // Ticks per step of the wave.
        double Time(CpuEngine engine, int steps)
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < steps; i++) engine.Step(rows, x, y);
            return (double)(Stopwatch.GetTimestamp() - start) / steps;
        }
    }

    private static CpuEngine Engine(string kernel, Model model)
    {
        var engine = new CpuEngine(model, kernel);
        engine.Grow(Rows);
        return engine;
    }

    /// <summary>Skipped too where the kernels are compiled for debugging.</summary>
    private sealed class OptimisedVectorFactAttribute : FactAttribute
    {
        public OptimisedVectorFactAttribute()
        {
            Skip = new VectorFactAttribute().Skip;
            bool debug = typeof(CpuEngine).Assembly.GetCustomAttribute<DebuggableAttribute>()
                ?.IsJITOptimizerDisabled ?? false;
            if (debug) Skip ??= "SKIPPED: speed is that of a Release build";
        }
    }
}
