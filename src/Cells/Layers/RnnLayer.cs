namespace Realtime.Cells;

/// <summary>The simple (Elman) cell: h' = act(W_ih x + b_ih + W_hh h + b_hh), act tanh or relu.</summary>
public sealed class RnnLayer : RecurrentLayer
{
    /// <exception cref="ArgumentException">A tensor of a wrong size, or an activation other than tanh and
    /// relu.</exception>
    public RnnLayer(string name, int inputs, int hidden, Activation activation,
        ReadOnlyMemory<float> weightIh, ReadOnlyMemory<float> weightHh,
        ReadOnlyMemory<float> biasIh, ReadOnlyMemory<float> biasHh)
        : base(name, "rnn", 1, inputs, hidden, weightIh, weightHh, biasIh, biasHh)
    {
        if (activation is not (Activation.Tanh or Activation.Relu))
            throw new ArgumentException($"{name}: expected tanh or relu, found {activation}", nameof(activation));
        Activation = activation;
    }

    public Activation Activation { get; }
}
