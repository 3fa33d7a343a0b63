namespace Realtime.Training.Learning.Optimisers;

/// <summary>
/// Moves weights against a gradient; what it remembers between steps is one number or two per weight.
/// </summary>
public abstract class Optimiser
{
    private readonly double _weightDecay;

    /// <param name="weightDecay">λ ≥ 0: λ w is added to the gradient of every weight w, as by a loss of
    /// λ|w|²/2.</param>
    private protected Optimiser(double weightDecay)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(weightDecay);
        _weightDecay = weightDecay;
    }

    /// <summary>What tells it from others: its kind and its weight decay.</summary>
    public string Name => FormattableString.Invariant($"{GetType().Name} {_weightDecay:r}");

    /// <summary>One step.</summary>
    /// <param name="weights">Moved; always the same number of them.</param>
    /// <param name="gradient">One per weight.</param>
    /// <param name="rate">The learning rate.</param>
    public void Step(Span<float> weights, ReadOnlySpan<float> gradient, double rate)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(gradient.Length, weights.Length);
        Move(weights, gradient, rate, (float)_weightDecay);
    }

    /// <summary>Writes what it remembers, or reads it back.</summary>
    internal abstract void Pass(Passage passage);

    private protected abstract void Move(Span<float> weights, ReadOnlySpan<float> gradient, double rate, float decay);

    /// <summary>Zeros for weights that come for the first time.</summary>
    private protected static float[] Remembered(ref float[] memory, int count)
    {
        if (memory.Length == 0)
        {
            memory = new float[count];
        }
        ArgumentOutOfRangeException.ThrowIfNotEqual(count, memory.Length);
        return memory;
    }
}
