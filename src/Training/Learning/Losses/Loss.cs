namespace Realtime.Training.Learning.Losses;

/// <summary>A sum of losses and the number of targets it is over.</summary>
public record struct LossSum(double Total, long Count)
{
    /// <summary>NaN over no target.</summary>
    public readonly double Mean => Count == 0 ? double.NaN : Total / Count;

    public void Add(LossSum other)
    {
        Total += other.Total;
        Count += other.Count;
    }
}

/// <summary>
/// What training makes small: the mean over all targets of a batch. A target that is NaN is masked: it counts neither
/// in the loss nor in its derivative.
/// </summary>
public abstract class Loss
{
    /// <summary>What tells it from others: its kind and its settings.</summary>
    public virtual string Name => GetType().Name;

    /// <summary>Outputs of the network per target.</summary>
    public virtual int OutputsPerTarget => 1;

    /// <summary>Whether it is made of the head's sums, without their activation.</summary>
    public virtual bool TakesSums => false;

    /// <summary>Targets of a step for a head with so many outputs.</summary>
    /// <exception cref="ArgumentException">The head does not fit the loss.</exception>
    public virtual int TargetsFor(int outputs) => outputs % OutputsPerTarget == 0
        ? outputs / OutputsPerTarget
        : throw new ArgumentException($"expected a multiple of {OutputsPerTarget} outputs, found {outputs}",
            nameof(outputs));

    /// <summary>Adds one row's losses, and writes their derivatives, not divided by the count.</summary>
    /// <param name="outputs">[target][output per target].</param>
    /// <param name="targets">One per target, NaN where masked.</param>
    /// <param name="gradient">As the outputs; written whole.</param>
    /// <param name="sum">It is added to.</param>
    public virtual void Add(
        ReadOnlySpan<float> outputs, ReadOnlySpan<float> targets, Span<float> gradient, ref LossSum sum)
    {
        gradient.Clear();
        var each = targets.IsEmpty ? 0 : outputs.Length / targets.Length;
        for (var i = 0; i < targets.Length; i++)
        {
            if (float.IsNaN(targets[i]))
            {
                continue;
            }
            sum.Total += Of(outputs.Slice(i * each, each), targets[i], gradient.Slice(i * each, each));
            sum.Count++;
        }
    }

    /// <summary>The loss of one target that is not masked.</summary>
    /// <param name="outputs">Those for this target.</param>
    /// <param name="target">Not NaN.</param>
    /// <param name="gradient">Takes the derivatives by these outputs; zeros before.</param>
    private protected abstract double Of(ReadOnlySpan<float> outputs, float target, Span<float> gradient);
}
