using System.Runtime.InteropServices;
using Realtime.Cells;

namespace Realtime.Bench.Suite.Kernels;

/// <summary>
/// The weights and inputs that all programs of a comparison get: a linear congruential generator's numbers.
/// </summary>
/// <param name="Cell">"gru" or "lstm".</param>
/// <param name="Hidden">Units.</param>
internal sealed record CellWeights(string Cell, int Hidden)
{
    public const int Inputs = 1024;
    private const uint WeightSeed = 12345;
    private const uint InputSeed = 777;

    private int Gates => Cell == "gru" ? 3 : 4;

    /// <summary>weight_ih, weight_hh, bias_ih, bias_hh, in PyTorch's order of gates.</summary>
    public float[] Values()
    {
        var scale = 1 / MathF.Sqrt(Hidden);
        return [.. Numbers(WeightSeed, Gates * Hidden * (Hidden + 3)).Select(value => scale * value)];
    }

    /// <summary>Row r's input at step t is number t + r, modulo <see cref="Inputs"/>.</summary>
    public static float[] InputValues() =>
        [.. Numbers(InputSeed, 8 * Inputs).Where(static (_, index) => index % 8 == 0)];

    /// <summary>The cell as a model with a head of one output.</summary>
    public Model Model()
    {
        var all = new ReadOnlyMemory<float>(Values());
        ReadOnlyMemory<float> Next(int count)
        {
            var part = all[..count];
            all = all[count..];
            return part;
        }

        var (w, u) = (Next(Gates * Hidden), Next(Gates * Hidden * Hidden));
        var (inputBias, hiddenBias) = (Next(Gates * Hidden), Next(Gates * Hidden));
        Layer layer = Cell == "gru"
            ? new GruLayer("rnn0", 1, Hidden, resetAfter: true, w, u, inputBias, hiddenBias)
            : new LstmLayer("rnn0", 1, Hidden, w, u, inputBias, hiddenBias);
        var head = new DenseLayer("head", Hidden, 1, Activation.Linear, new float[Hidden], new float[1]);
        var file = ModelWriter.Write(Cell, ["value"], Normalisation.None, [layer, head], Forecast.Of([1], ["value"]));
        return Realtime.Cells.Model.Read(file, Cell);
    }

    public static void Write(string path, float[] values) =>
        File.WriteAllBytes(path, MemoryMarshal.AsBytes<float>(values).ToArray());

    private static IEnumerable<float> Numbers(uint seed, int count)
    {
        for (; count > 0; count--)
        {
            seed = seed * 1664525 + 1013904223;
            yield return ((int)(seed >> 8) - (1 << 23)) / (float)(1 << 23);
        }
    }
}
