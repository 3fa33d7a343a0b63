namespace Realtime.Training.Learning.Optimisers;

/// <summary>
/// v ← α v + (1 − α) g²; w ← w − η g / (√v + ε) (T. Tieleman, G. Hinton: lecture 6.5 of Neural networks for machine
/// learning, 2012), with momentum b ← μ b + g / (√v + ε), w ← w − η b; in PyTorch's order of operations.
/// </summary>
public sealed class RmsProp(
    double alpha = 0.99, double epsilon = 1e-8, double momentum = 0, double weightDecay = 0) : Optimiser(weightDecay)
{
    private float[] _v = [];
    private float[] _b = [];

    internal override void Pass(Passage passage)
    {
        passage.Floats(ref _v);
        passage.Floats(ref _b);
    }

    private protected override void Move(
        Span<float> weights, ReadOnlySpan<float> gradient, double rate, float decay)
    {
        Span<float> v = Remembered(ref _v, weights.Length), b = Remembered(ref _b, weights.Length);
        float kept = (float)alpha, rest = (float)(1 - alpha), small = (float)epsilon, speed = (float)momentum;
        var step = (float)rate;
        gradient = gradient[..weights.Length];
        for (var i = 0; i < weights.Length; i++)
        {
            var g = gradient[i] + decay * weights[i];
            v[i] = kept * v[i] + rest * g * g;
            b[i] = speed * b[i] + g / (MathF.Sqrt(v[i]) + small);
            weights[i] -= step * b[i];
        }
    }
}
