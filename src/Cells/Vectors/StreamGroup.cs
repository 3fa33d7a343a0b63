namespace Realtime.Cells.Vectors;

/// <summary>
/// One or four streams on their way through the stack: each one's state row, and its floats between layers, aligned and
/// padded with finite values to whole vectors.
/// </summary>
internal unsafe struct StreamGroup
{
    public const int Most = 4;

    /// <summary>1 or <see cref="Most"/>.</summary>
    public int Count;

    /// <summary>State rows of the streams.</summary>
    public float** States;

    /// <summary>Inputs of the layer; stream m's begin at X + m · Stride.</summary>
    public float* X;

    /// <summary>Outputs of the layer, likewise.</summary>
    public float* Y;

    public int Stride;
}
