using Realtime.Cells.States;

namespace Realtime.Cells.Vectors;

/// <summary>A weight of a layer: the row block (gate), the unit in it, and the column over inputs and hidden units.
/// </summary>
internal delegate float WeightOf(int gate, int unit, int column);

/// <summary>
/// Weights packed for vectors: one panel per vector of units (the last one filled up with zeros), in it per column the
/// vectors of all gates [panel][column][gate][lane], so that a step reads each panel straight through. Biases are
/// [panel][slot][lane].
/// </summary>
internal sealed unsafe class Panels : IDisposable
{
    private readonly AlignedFloats _weights;
    private readonly AlignedFloats _biases;
    private readonly nint _biasStride;

    /// <param name="units">Rows per gate.</param>
    /// <param name="gates">Vectors per column.</param>
    /// <param name="columns">Inputs and hidden units together.</param>
    /// <param name="slots">Biases per unit.</param>
    /// <param name="width">Floats per vector.</param>
    /// <param name="weight">The weight at a place.</param>
    /// <param name="bias">The bias of a slot (first) and a unit.</param>
    public Panels(int units, int gates, int columns, int slots, int width, WeightOf weight, Func<int, int, float> bias)
    {
        Count = (units + width - 1) / width;
        Stride = (nint)columns * gates * width;
        _biasStride = slots * width;
        _weights = new AlignedFloats(Count * (long)Stride);
        _biases = new AlignedFloats(Count * (long)_biasStride);
        for (int unit = 0; unit < units; unit++)
        {
            int panel = unit / width, lane = unit % width;
            float* to = Weights(panel) + lane;
            for (int column = 0; column < columns; column++)
                for (int gate = 0; gate < gates; gate++, to += width) *to = weight(gate, unit, column);
            for (int slot = 0; slot < slots; slot++) Biases(panel)[slot * width + lane] = bias(slot, unit);
        }
    }

    public int Count { get; }

    /// <summary>Floats from one panel's weights to the next.</summary>
    public nint Stride { get; }

    public float* Weights(int panel) => _weights.Pointer + panel * Stride;

    public float* Biases(int panel) => _biases.Pointer + panel * _biasStride;

    public void Dispose()
    {
        _weights.Dispose();
        _biases.Dispose();
    }
}
