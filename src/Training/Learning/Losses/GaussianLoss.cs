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

    private protected override double Of(ReadOnlySpan<float> outputs, float target, Span<float> gradient)
    {
        double s = Math.Clamp(outputs[1], -Limit, Limit), error = (double)outputs[0] - target;
        var precision = Math.Exp(-s);
        gradient[0] = (float)(error * precision);
        gradient[1] = Math.Abs(outputs[1]) > Limit ? 0 : (float)((1 - error * error * precision) / 2);
        return (s + error * error * precision) / 2;
    }
}
