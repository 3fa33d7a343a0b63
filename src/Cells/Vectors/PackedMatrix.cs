using Realtime.Cells.States;

namespace Realtime.Cells.Vectors;

/// <summary>
/// y = b + W x for weights [gates · units, columns], packed for vectors of a width. Each gate's units are padded with
/// zero rows to whole vectors, so that gate g begins at vector g · <see cref="GateVectors"/>; columns are padded with a
/// zero to an even number. Vectors stand in blocks of two (the last block has one where their number is odd): per block
/// [column][vector][lane], so that a product reads each block straight through.
/// </summary>
internal sealed unsafe class PackedMatrix : IDisposable
{
    private readonly AlignedFloats _weights;
    private readonly AlignedFloats _biases;

    /// <param name="weight">[gates · units, columns] in row order.</param>
    /// <param name="bias">[gates · units].</param>
    /// <param name="units">Rows per gate.</param>
    /// <param name="width">Floats per vector.</param>
    public PackedMatrix(ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, int units, int width)
    {
        int gates = bias.Length / units;
        int columns = weight.Length / bias.Length;
        Width = width;
        Columns = (columns + 1) / 2 * 2;
        GateVectors = (units + width - 1) / width;
        Vectors = gates * GateVectors;
        _weights = new AlignedFloats((long)Vectors * width * Columns);
        _biases = new AlignedFloats((long)Vectors * width);
        for (int row = 0; row < bias.Length; row++)
        {
            int padded = row / units * GateVectors * width + row % units;
            _biases.Pointer[padded] = bias[row];
            float* to = Block(padded / width) + padded % width;
            int step = StepAt(padded / width);
            for (int k = 0; k < columns; k++) to[(long)k * step] = weight[row * columns + k];
        }
    }

    public int Width { get; }

    /// <summary>Floats of x that are read; one may be padding, and must be finite.</summary>
    public int Columns { get; }

    /// <summary>Vectors of y.</summary>
    public int Vectors { get; }

    /// <summary>Vectors of y per gate.</summary>
    public int GateVectors { get; }

    public float* Biases => _biases.Pointer;

    /// <summary>Weights of the first column of a vector.</summary>
    public float* Block(int vector)
    {
        long before = (long)(vector & ~1) * Width * Columns;
        return _weights.Pointer + before + (vector & 1) * Width;
    }

    /// <summary>Floats from one column of a vector to the next.</summary>
    public int StepAt(int vector) => (vector | 1) < Vectors ? 2 * Width : Width;

    public void Dispose()
    {
        _weights.Dispose();
        _biases.Dispose();
    }
}
