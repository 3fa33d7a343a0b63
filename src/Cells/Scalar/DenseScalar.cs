namespace Realtime.Cells.Scalar;

/// <summary>
/// y = act(W x + b); softmax with the largest sum taken off first, y = exp(a − max a) / Σ exp(a − max a).
/// </summary>
internal sealed class DenseScalar(DenseLayer layer) : ScalarLayer
{
    private readonly double[] _sums = new double[layer.Outputs];

    public override void Step(ReadOnlySpan<float> x, Span<float> state, Span<float> y)
    {
        ReadOnlySpan<float> weight = layer.Weight.Span, bias = layer.Bias.Span;
        for (int j = 0; j < _sums.Length; j++) _sums[j] = Sums.Affine(weight, j, x, bias[j]);
        if (layer.Activation == Activation.Softmax) Softmax(_sums);
        else
            for (int j = 0; j < _sums.Length; j++) _sums[j] = Activations.Apply(layer.Activation, _sums[j]);
        for (int j = 0; j < _sums.Length; j++) y[j] = (float)_sums[j];
    }

    private static void Softmax(Span<double> a)
    {
        double largest = double.NegativeInfinity, total = 0;
        foreach (double value in a) largest = Math.Max(largest, value);
        for (int j = 0; j < a.Length; j++) total += a[j] = Math.Exp(a[j] - largest);
        for (int j = 0; j < a.Length; j++) a[j] /= total;
    }
}
