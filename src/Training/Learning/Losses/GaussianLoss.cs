namespace Realtime.Training.Learning.Losses;

/// <summary>
/// The negative logarithm of a normal density but for its constant, (s + (y − μ)² e^−s) / 2, of two outputs per target:
/// the mean μ and the logarithm s of the variance (D. Nix, A. Weigend: Estimating the mean and variance of the target
/// probability distribution, ICNN 1994).
/// </summary>
/// <remarks>s is taken as limited to ±20, so that no target can have an infinite loss; beyond, its derivative is
/// 0.</remarks>
public sealed class GaussianLoss : Loss
{
    private const float Limit = 20;

    public override int OutputsPerTarget => 2;

    public override void Add(
        ReadOnlySpan<float> outputs, ReadOnlySpan<float> targets, Span<float> gradient, ref LossSum sum)
    {
        gradient.Clear();
        for (var i = 0; i < targets.Length; i++)
        {
            if (float.IsNaN(targets[i]))
            {
                continue;
            }
            var given = outputs[2 * i + 1];
            double s = Math.Clamp(given, -Limit, Limit), error = (double)outputs[2 * i] - targets[i];
            var precision = Math.Exp(-s);
            sum.Total += (s + error * error * precision) / 2;
            sum.Count++;
            gradient[2 * i] = (float)(error * precision);
            gradient[2 * i + 1] = Math.Abs(given) > Limit ? 0 : (float)((1 - error * error * precision) / 2);
        }
    }
}
