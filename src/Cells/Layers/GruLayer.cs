namespace Realtime.Cells;

/// <summary>The gated recurrent unit; row blocks r, z, n.</summary>
public sealed class GruLayer : RecurrentLayer
{
    /// <exception cref="ArgumentException">A tensor of a wrong size.</exception>
    public GruLayer(string name, int inputs, int hidden, bool resetAfter,
        ReadOnlyMemory<float> weightIh, ReadOnlyMemory<float> weightHh,
        ReadOnlyMemory<float> biasIh, ReadOnlyMemory<float> biasHh)
        : base(name, "gru", 3, inputs, hidden, weightIh, weightHh, biasIh, biasHh) => ResetAfter = resetAfter;

    /// <summary>
    /// True: the reset gate acts on W_hn h + b_hn (PyTorch, Keras default, cuDNN).
    /// False: it acts on h before the product (Cho et al. 2014).
    /// </summary>
    public bool ResetAfter { get; }
}
