namespace Realtime.Cells;

/// <summary>The long short-term memory cell with state h [H] and c [H]; row blocks i, f, g, o.</summary>
public sealed class LstmLayer : RecurrentLayer
{
    /// <exception cref="ArgumentException">A tensor of a wrong size.</exception>
    public LstmLayer(string name, int inputs, int hidden,
        ReadOnlyMemory<float> weightIh, ReadOnlyMemory<float> weightHh,
        ReadOnlyMemory<float> biasIh, ReadOnlyMemory<float> biasHh)
        : base(name, "lstm", 4, inputs, hidden, weightIh, weightHh, biasIh, biasHh)
    {
    }
}
