using Realtime.Cells;
using Realtime.Training.Learning;

namespace Realtime.Training.Tests.Learning;

/// <summary>
/// The layers of the model file in double, written from their equations one unit at a time, for finite differences. It
/// shares no code with the product.
/// </summary>
internal sealed class DoubleNetwork
{
    private readonly IReadOnlyList<Layer> _layers;
    private readonly Dictionary<string, double[]> _weights = [];

    public DoubleNetwork(IReadOnlyList<Layer> layers)
    {
        _layers = layers;
        foreach (var tensor in layers.SelectMany(layer => layer.Tensors))
        {
            _weights[tensor.Name] = Array.ConvertAll(tensor.Values.ToArray(), value => (double)value);
        }
    }

    public IEnumerable<string> Tensors => _weights.Keys;

    /// <summary>(loss(w + ε) − loss(w − ε)) / 2ε for every weight of a tensor.</summary>
    public double[] Differences(string tensor, Func<double> loss)
    {
        const double Step = 1e-5;
        var w = _weights[tensor];
        return [.. Enumerable.Range(0, w.Length).Select(i =>
        {
            var kept = w[i];
            w[i] = kept + Step;
            var above = loss();
            w[i] = kept - Step;
            var below = loss();
            w[i] = kept;
            return (above - below) / (2 * Step);
        })];
    }

    /// <summary>The head's outputs for one row, step by step; states begin at zero.</summary>
    public IEnumerable<double[]> Outputs(Batch batch, int row, bool givesSums)
    {
        var states = _layers.Select(layer => (H: new double[layer.Outputs], C: new double[layer.Outputs])).ToArray();
        for (var step = 0; step < batch.Steps; step++)
        {
            var x = Array.ConvertAll(batch.InputsAt(step, row).ToArray(), value => (double)value);
            for (var i = 0; i < _layers.Count; i++)
            {
                x = _layers[i] switch
                {
                    EmbeddingLayer table => _weights[$"{table.Name}.weight"].AsSpan(
                        (int)x[0] * table.Outputs, table.Outputs).ToArray(),
                    DenseLayer dense => Dense(dense, x, givesSums && i == _layers.Count - 1),
                    RnnLayer rnn => states[i].H = Rnn(rnn, x, states[i].H),
                    GruLayer gru => states[i].H = Gru(gru, x, states[i].H),
                    LstmLayer lstm => (states[i] = Lstm(lstm, x, states[i])).H,
                    _ => x,
                };
            }
            yield return x;
        }
    }

    private double[] Dense(DenseLayer layer, double[] x, bool givesSums)
    {
        var a = Affine($"{layer.Name}.weight", $"{layer.Name}.bias", x);
        var activation = givesSums ? Activation.Linear : layer.Activation;
        var total = a.Sum(Math.Exp);
        return Array.ConvertAll(a, value => activation switch
        {
            Activation.Sigmoid => Sigmoid(value),
            Activation.Tanh => Math.Tanh(value),
            Activation.Relu => Math.Max(value, 0),
            Activation.Softmax => Math.Exp(value) / total,
            _ => value,
        });
    }

    private double[] Rnn(RnnLayer layer, double[] x, double[] h)
    {
        var a = Sum(Inputs(layer, x), Hidden(layer, h));
        return Array.ConvertAll(a, sum => layer.Activation == Activation.Tanh ? Math.Tanh(sum) : Math.Max(sum, 0));
    }

    private double[] Gru(GruLayer layer, double[] x, double[] h)
    {
        var n = h.Length;
        double[] inputs = Inputs(layer, x), hidden = Hidden(layer, h);
        var r = Enumerable.Range(0, n).Select(i => Sigmoid(inputs[i] + hidden[i])).ToArray();
        var reset = layer.ResetAfter
            ? hidden[(2 * n)..].Select((value, i) => r[i] * value).ToArray()
            : Hidden(layer, [.. h.Select((value, i) => r[i] * value)])[(2 * n)..];
        return [.. h.Select((value, i) =>
        {
            var z = Sigmoid(inputs[n + i] + hidden[n + i]);
            return (1 - z) * Math.Tanh(inputs[2 * n + i] + reset[i]) + z * value;
        })];
    }

    private (double[] H, double[] C) Lstm(LstmLayer layer, double[] x, (double[] H, double[] C) state)
    {
        var a = Sum(Inputs(layer, x), Hidden(layer, state.H));
        var n = state.H.Length;
        double[] c = [.. state.C.Select((value, i) =>
            Sigmoid(a[n + i]) * value + Sigmoid(a[i]) * Math.Tanh(a[2 * n + i]))];
        return ([.. c.Select((value, i) => Sigmoid(a[3 * n + i]) * Math.Tanh(value))], c);
    }

    private double[] Inputs(Layer layer, double[] x) => Affine($"{layer.Name}.weight_ih", $"{layer.Name}.bias_ih", x);

    private double[] Hidden(Layer layer, double[] h) => Affine($"{layer.Name}.weight_hh", $"{layer.Name}.bias_hh", h);

    private double[] Affine(string weight, string bias, double[] x)
    {
        var w = _weights[weight];
        double[] sums = [.. _weights[bias]];
        for (var i = 0; i < w.Length; i++)
        {
            sums[i / x.Length] += w[i] * x[i % x.Length];
        }
        return sums;
    }

    private static double[] Sum(double[] a, double[] b) => [.. a.Zip(b, (one, other) => one + other)];

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}
