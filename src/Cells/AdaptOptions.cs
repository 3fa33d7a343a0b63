namespace Realtime.Cells;

/// <summary>
/// A linear head that each stream learns for itself by recursive least squares with forgetting.
/// </summary>
/// <param name="Forgetting">What a tick's weight is multiplied by per tick after it, in (0, 1].</param>
/// <param name="Ridge">The weight of the penalty on squared coefficients at the start, above 0.</param>
/// <param name="WithInputs">Its features are the network's inputs and the features only it sees, beside the hidden
/// state.</param>
public sealed record AdaptOptions(
    double Forgetting = AdaptOptions.DefaultForgetting, double Ridge = 1, bool WithInputs = false)
{
    public const double DefaultForgetting = 0.9998;
}
