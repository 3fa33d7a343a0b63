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
    private const int Seed = 12345;

    private CpuEngine _engine = null!;
    private int[] _rows = [];
    private float[] _inputs = [];
    private float[] _outputs = [];

    [Params("gru", "lstm")]
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
        var random = new Random(Seed);
        var model = Model.Read(RandomModel(random), "benchmark");
        _engine = new CpuEngine(model, Kernel);
        _engine.Grow(Batch);
        _rows = [.. Enumerable.Range(0, Batch)];
        _inputs = Floats(random, Batch, 1);
        _outputs = new float[Batch];
    }

    [Benchmark]
    public void Step() => _engine.Step(_rows, _inputs, _outputs);

    [GlobalCleanup]
    public void CleanUp() => _engine.Dispose();

    private static float[] Floats(Random random, int count, float scale)
    {
        var values = new float[count];
        for (var i = 0; i < count; i++)
            values[i] = scale * (2 * random.NextSingle() - 1);
        return values;
    }

    private byte[] RandomModel(Random random)
    {
        var scale = 1 / MathF.Sqrt(Hidden);
        float[] Weights(int count) => Floats(random, count, scale);
        Layer cell = Cell == "gru"
            ? new GruLayer(
                "rnn0", 1, Hidden, resetAfter: true, Weights(3 * Hidden), Weights(3 * Hidden * Hidden),
                Weights(3 * Hidden), Weights(3 * Hidden))
            : new LstmLayer(
                "rnn0", 1, Hidden, Weights(4 * Hidden), Weights(4 * Hidden * Hidden), Weights(4 * Hidden),
                Weights(4 * Hidden));
        var head = new DenseLayer("head", Hidden, 1, Activation.Linear, Weights(Hidden), Weights(1));
        return ModelWriter.Write(
            Cell, ["value"], Normalisation.None, [cell, head], Forecast.Of([1], ["value"]));
    }
}
