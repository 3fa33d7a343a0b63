namespace Realtime.Training.Learning.Losses;

/// <summary>A loss of each output's error by itself.</summary>
public abstract class PointLoss : Loss
{
    /// <summary>The loss of one error, and its derivative by the output.</summary>
    /// <param name="error">Output less target.</param>
    public abstract (double Loss, double Derivative) Of(double error);

    private protected override double Of(ReadOnlySpan<float> outputs, float target, Span<float> gradient)
    {
        var (loss, derivative) = Of((double)outputs[0] - target);
        gradient[0] = (float)derivative;
        return loss;
    }
}

/// <summary>The mean absolute error, |e|; derivative sign e, 0 at 0.</summary>
public sealed class AbsoluteLoss : PointLoss
{
    public override (double Loss, double Derivative) Of(double error) => (Math.Abs(error), Math.Sign(error));
}

/// <summary>
/// e²/2 up to |e| = δ, δ (|e| − δ/2) beyond (P. Huber: Robust estimation of a location parameter, Annals of
/// Mathematical Statistics 35, 1964).
/// </summary>
public sealed class HuberLoss : PointLoss
{
    private readonly double _delta;

    /// <param name="delta">Where the square ends, above 0.</param>
    public HuberLoss(double delta = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(delta);
        _delta = delta;
    }

    public override string Name => FormattableString.Invariant($"{nameof(HuberLoss)} {_delta:r}");

    public override (double Loss, double Derivative) Of(double error) => Math.Abs(error) <= _delta
        ? (error * error / 2, error)
        : (_delta * (Math.Abs(error) - _delta / 2), _delta * Math.Sign(error));
}
