namespace Realtime.Cells.Scalar;

/// <summary>
/// r, z = σ(W_i· x + b_i· + W_h· h + b_h·); h' = (1−z)∘n + z∘h, with
/// n = tanh(W_in x + b_in + r∘(W_hn h + b_hn)), reset after the product (PyTorch's GRUCell, cuDNN), or
/// n = tanh(W_in x + b_in + W_hn (r∘h) + b_hn), reset before it (K. Cho et al., Learning phrase representations using
/// RNN encoder-decoder, EMNLP 2014, with z for their 1−z).
/// </summary>
internal sealed class GruScalar(GruLayer layer, int start) : ScalarLayer
{
    private readonly double[] _reset = new double[layer.Hidden];

    public override void Step(ReadOnlySpan<float> x, Span<float> state, Span<float> y)
    {
        Span<float> h = state.Slice(start, layer.Hidden);
        ReadOnlySpan<float> weightIh = layer.WeightIh.Span, biasIh = layer.BiasIh.Span;
        for (int j = 0; j < h.Length; j++) _reset[j] = Gate(j, x, h);
        for (int j = 0; j < h.Length; j++)
        {
            double z = Gate(h.Length + j, x, h);
            int row = 2 * h.Length + j;
            double n = Math.Tanh(Sums.Affine(weightIh, row, x, biasIh[row]) + HiddenPart(row, j, h));
            y[j] = (float)((1 - z) * n + z * h[j]);
        }

        y.CopyTo(h);
    }

    private double Gate(int row, ReadOnlySpan<float> x, ReadOnlySpan<float> h) => Activations.Sigmoid(
        Sums.Affine(layer.WeightIh.Span, row, x, layer.BiasIh.Span[row])
        + Sums.Affine(layer.WeightHh.Span, row, h, layer.BiasHh.Span[row]));

    private double HiddenPart(int row, int j, ReadOnlySpan<float> h)
    {
        float bias = layer.BiasHh.Span[row];
        if (layer.ResetAfter) return _reset[j] * Sums.Affine(layer.WeightHh.Span, row, h, bias);
        ReadOnlySpan<float> w = layer.WeightHh.Span.Slice(row * h.Length, h.Length);
        double sum = bias;
        for (int k = 0; k < h.Length; k++) sum += w[k] * (_reset[k] * h[k]);
        return sum;
    }
}
