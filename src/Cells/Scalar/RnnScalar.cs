namespace Realtime.Cells.Scalar;

/// <summary>
/// h' = act(W_ih x + b_ih + W_hh h + b_hh); J. Elman, Finding structure in time, Cognitive Science 14 (1990), as in
/// PyTorch's RNNCell.
/// </summary>
internal sealed class RnnScalar(RnnLayer layer, int start) : ScalarLayer
{
    public override void Step(ReadOnlySpan<float> x, Span<float> state, Span<float> y)
    {
        Span<float> h = state.Slice(start, layer.Hidden);
        ReadOnlySpan<float> weightIh = layer.WeightIh.Span, weightHh = layer.WeightHh.Span;
        ReadOnlySpan<float> biasIh = layer.BiasIh.Span, biasHh = layer.BiasHh.Span;
        for (int j = 0; j < h.Length; j++)
        {
            double a = Sums.Affine(weightIh, j, x, biasIh[j]) + Sums.Affine(weightHh, j, h, biasHh[j]);
            y[j] = (float)Activations.Apply(layer.Activation, a);
        }

        y.CopyTo(h);
    }
}
