namespace Realtime.Training.Learning.Losses;

/// <summary>
/// Per target a point forecast, under a loss of its own, and quantiles, each under the pinball loss
/// max(τ (y − q), (τ − 1)(y − q)) (R. Koenker, G. Bassett: Regression quantiles, Econometrica 46, 1978); the sum of
/// them, per target. Outputs are [target][1 + quantiles], as in a model's forecast.
/// </summary>
public sealed class PinballLoss : Loss
{
    private readonly double[] _levels;
    private readonly PointLoss _point;

    /// <param name="levels">In (0, 1).</param>
    /// <param name="point">The loss of the point forecast.</param>
    public PinballLoss(IReadOnlyList<double> levels, PointLoss point)
    {
        foreach (var level in levels)
        {
            if (!(level is > 0 and < 1))
            {
                throw new ArgumentOutOfRangeException(nameof(levels), level, "expected a level between 0 and 1");
            }
        }
        _levels = [.. levels];
        _point = point;
    }

    public override int OutputsPerTarget => 1 + _levels.Length;

    private protected override double Of(ReadOnlySpan<float> outputs, float target, Span<float> gradient)
    {
        var (loss, derivative) = _point.Of((double)outputs[0] - target);
        gradient[0] = (float)derivative;
        for (var k = 0; k < _levels.Length; k++)
        {
            var over = (double)outputs[1 + k] - target;
            var slope = over > 0 ? 1 - _levels[k] : over < 0 ? -_levels[k] : 0;
            loss += slope * over;
            gradient[1 + k] = (float)slope;
        }
        return loss;
    }
}
