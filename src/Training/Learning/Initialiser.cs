using Realtime.Cells;

namespace Realtime.Training.Learning;

/// <summary>
/// New layers with random weights, uniform within ±1/√H for cells of H units and ±1/√I for dense layers of I inputs, as
/// PyTorch draws them; embeddings are uniform with variance 1. The same seed gives the same layers.
/// </summary>
public sealed class Initialiser(ulong seed)
{
    private SplitMix64 _random = SplitMix64.For(seed, 1);

    public RnnLayer Rnn(string name, int inputs, int hidden, Activation activation = Activation.Tanh)
    {
        var w = Recurrent(1, inputs, hidden);
        return new(name, inputs, hidden, activation, w[0], w[1], w[2], w[3]);
    }

    public GruLayer Gru(string name, int inputs, int hidden, bool resetAfter = true)
    {
        var w = Recurrent(3, inputs, hidden);
        return new(name, inputs, hidden, resetAfter, w[0], w[1], w[2], w[3]);
    }

    public LstmLayer Lstm(string name, int inputs, int hidden)
    {
        var w = Recurrent(4, inputs, hidden);
        return new(name, inputs, hidden, w[0], w[1], w[2], w[3]);
    }

    public DenseLayer Dense(string name, int inputs, int outputs, Activation activation = Activation.Linear)
    {
        var limit = 1 / Math.Sqrt(inputs);
        return new(name, inputs, outputs, activation, Uniform(outputs * inputs, limit), Uniform(outputs, limit));
    }

    public EmbeddingLayer Embedding(string name, int vocabulary, int outputs) =>
        new(name, vocabulary, outputs, Uniform(checked(vocabulary * outputs), Math.Sqrt(3)));

    private float[][] Recurrent(int gates, int inputs, int hidden)
    {
        var limit = 1 / Math.Sqrt(hidden);
        var rows = checked(gates * hidden);
        return
        [
            Uniform(checked(rows * inputs), limit), Uniform(checked(rows * hidden), limit), Uniform(rows, limit),
            Uniform(rows, limit),
        ];
    }

    private float[] Uniform(int count, double limit)
    {
        var values = new float[count];
        foreach (ref var value in values.AsSpan())
        {
            value = (float)((2 * _random.NextDouble() - 1) * limit);
        }
        return values;
    }
}
