using BenchmarkDotNet.Attributes;
using Realtime.Cells;

namespace Realtime.Bench.Kernels;

/// <summary>
/// One step of a wave of streams, the scalar reference beside the vector kernels; divide by <see cref="Batch"/> for the
/// cost per stream.
/// </summary>
[MemoryDiagnoser]
public class StepBenchmarks
{
    private CpuEngine _engine = null!;
    private int[] _rows = [];
    private float[] _inputs = [];
    private float[] _outputs = [];

    [Params("gru", "gru-reset-before", "lstm", "rnn")]
    public string Cell { get; set; } = "gru";

    [Params(32, 64, 128)]
    public int Hidden { get; set; }

    [Params(1, 1024)]
    public int Batch { get; set; }

    [ParamsSource(nameof(KernelNames))]
    public string Kernel { get; set; } = "scalar";

    public static IEnumerable<string> KernelNames => Realtime.Cells.Kernels.Available;

    [GlobalSetup]
    public void SetUp()
    {
        _engine = new CpuEngine(RandomModel.Of(Cell, Hidden), Kernel);
        _engine.Grow(Batch);
        _rows = [.. Enumerable.Range(0, Batch)];
        _inputs = RandomModel.Floats(new Random(RandomModel.Seed), Batch, 1);
        _outputs = new float[Batch];
    }

    [Benchmark]
    public void Step() => _engine.Step(_rows, _inputs, _outputs);

    [GlobalCleanup]
    public void CleanUp() => _engine.Dispose();
}
