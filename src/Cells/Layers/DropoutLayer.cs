namespace Realtime.Cells;

/// <summary>Drops values while training (Srivastava et al. 2014); the identity when stepping.</summary>
public sealed class DropoutLayer : Layer
{
    /// <summary>
    /// Passes <paramref name="size"/> floats through; drops a share 0 ≤ rate &lt; 1 of them in training.
    /// </summary>
    public DropoutLayer(string name, int size, double rate)
        : base(name, "dropout", size, size)
    {
        if (!(rate is >= 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(rate), rate, $"{name}: expected 0 <= rate < 1");
        Rate = rate;
    }

    public double Rate { get; }
    public override IReadOnlyList<Tensor> Tensors => [];
}
