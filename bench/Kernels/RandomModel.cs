using Realtime.Cells;

namespace Realtime.Bench.Kernels;

/// <summary>One cell with one input, and a linear head with one output; weights within ±1/√H from a seed.</summary>
internal static class RandomModel
{
    public const int Seed = 12345;

    public static Model Of(string cell, int hidden)
    {
        var random = new Random(Seed);
        var scale = 1 / MathF.Sqrt(hidden);
        var gates = cell switch { "rnn" => 1, "lstm" => 4, _ => 3 };
        float[] Weights(int count) => Floats(random, count, scale);
        float[] weightIh = Weights(gates * hidden), weightHh = Weights(gates * hidden * hidden);
        float[] biasIh = Weights(gates * hidden), biasHh = Weights(gates * hidden);
        Layer layer = cell switch
        {
            "rnn" => new RnnLayer("cell", 1, hidden, Activation.Tanh, weightIh, weightHh, biasIh, biasHh),
            "lstm" => new LstmLayer("cell", 1, hidden, weightIh, weightHh, biasIh, biasHh),
            _ => new GruLayer("cell", 1, hidden, cell == "gru", weightIh, weightHh, biasIh, biasHh),
        };
        var head = new DenseLayer("head", hidden, 1, Activation.Linear, Weights(hidden), Weights(1));
        var file = ModelWriter.Write(cell, ["value"], Normalisation.None, [layer, head], Forecast.Of([1], ["value"]));
        return Model.Read(file, "benchmark");
    }

    public static float[] Floats(Random random, int count, float scale)
    {
        var values = new float[count];
        for (var i = 0; i < count; i++) values[i] = scale * (2 * random.NextSingle() - 1);
        return values;
    }
}
