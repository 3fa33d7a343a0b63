namespace Realtime.Training.Learning.Optimisers;

/// <summary>The learning rate over training.</summary>
public abstract record RateSchedule
{
    /// <summary>What the rate is multiplied with.</summary>
    /// <param name="progress">The share of all steps that are done, 0 to 1.</param>
    /// <param name="epoch">From 0.</param>
    public abstract double FactorAt(double progress, int epoch);
}

/// <summary>Always the same.</summary>
public sealed record ConstantRate : RateSchedule
{
    public override double FactorAt(double progress, int epoch) => 1;
}

/// <summary>
/// From 1 down to a floor along half a cosine (I. Loshchilov, F. Hutter: SGDR, ICLR 2017, without restarts).
/// </summary>
public sealed record CosineRate(double Floor = 0) : RateSchedule
{
    public override double FactorAt(double progress, int epoch) =>
        Floor + (1 - Floor) * (1 + Math.Cos(Math.PI * Math.Clamp(progress, 0, 1))) / 2;
}

/// <summary>Multiplied by a factor after every so many epochs.</summary>
public sealed record StepRate(int Epochs, double Factor) : RateSchedule
{
    public override double FactorAt(double progress, int epoch) => Math.Pow(Factor, epoch / Epochs);
}
