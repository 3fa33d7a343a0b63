namespace Realtime.Cells.Scalar;

/// <summary>
/// i, f, o = σ(W_i· x + b_i· + W_h· h + b_h·), g = tanh(likewise); c' = f∘c + i∘g; h' = o∘tanh(c').
/// S. Hochreiter and J. Schmidhuber, Long short-term memory (1997), with the forget gate of F. Gers et al. (2000); as
/// in PyTorch's LSTMCell. h' uses c' as it is stored, rounded to float32.
/// </summary>
internal sealed class LstmScalar(LstmLayer layer, int startH, int startC) : ScalarLayer
{
    public override void Step(ReadOnlySpan<float> x, Span<float> state, Span<float> y)
    {
        int size = layer.Hidden;
        Span<float> h = state.Slice(startH, size), c = state.Slice(startC, size);
        for (int j = 0; j < size; j++)
        {
            double i = Activations.Sigmoid(Sum(j, x, h));
            double f = Activations.Sigmoid(Sum(size + j, x, h));
            double g = Math.Tanh(Sum(2 * size + j, x, h));
            double o = Activations.Sigmoid(Sum(3 * size + j, x, h));
            c[j] = (float)(f * c[j] + i * g);
            y[j] = (float)(o * Math.Tanh(c[j]));
        }

        y.CopyTo(h);
    }

    private double Sum(int row, ReadOnlySpan<float> x, ReadOnlySpan<float> h) =>
        Sums.Affine(layer.WeightIh.Span, row, x, layer.BiasIh.Span[row])
        + Sums.Affine(layer.WeightHh.Span, row, h, layer.BiasHh.Span[row]);
}
