namespace Realtime.Training.Learning.Optimisers;

/// <summary>
/// m ← β₁ m + (1 − β₁) g; v ← β₂ v + (1 − β₂) g²; w ← w − η (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)
/// (D. Kingma, J. Ba: Adam: a method for stochastic optimization, ICLR 2015), in PyTorch's order of operations.
/// </summary>
public sealed class Adam(double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double weightDecay = 0)
    : Optimiser(weightDecay)
{
    private float[] _m = [];
    private float[] _v = [];
    private int _steps;

    internal override void Pass(Passage passage)
    {
        passage.Whole(ref _steps);
        passage.Floats(ref _m);
        passage.Floats(ref _v);
    }

    private protected override void Move(
        Span<float> weights, ReadOnlySpan<float> gradient, double rate, float decay)
    {
        Span<float> m = Remembered(ref _m, weights.Length), v = Remembered(ref _v, weights.Length);
        _steps++;
        var step = (float)(rate / (1 - Math.Pow(beta1, _steps)));
        var root = (float)Math.Sqrt(1 - Math.Pow(beta2, _steps));
        float b1 = (float)beta1, b2 = (float)beta2, rest1 = (float)(1 - beta1), rest2 = (float)(1 - beta2);
        var small = (float)epsilon;
        gradient = gradient[..weights.Length];
        for (var i = 0; i < weights.Length; i++)
        {
            var g = gradient[i] + decay * weights[i];
            m[i] = b1 * m[i] + rest1 * g;
            v[i] = b2 * v[i] + rest2 * g * g;
            weights[i] -= step * m[i] / (MathF.Sqrt(v[i]) / root + small);
        }
    }
}
