using Realtime.Cells;
using Realtime.Cells.States;

namespace Realtime.Training.Learning;

/// <summary>
/// Where one tensor of a model lies among the padded weights: [gate][row][column], rows of a gate and columns padded
/// with zeros to whole vectors. The padding stays zero: what it takes part in comes out zero, its gradient too.
/// </summary>
internal sealed class WeightBlock
{
    private readonly int _gates;
    private readonly int _rows;

    /// <param name="tensor">[gates · rows, columns], or [gates · rows].</param>
    /// <param name="gates">Row blocks.</param>
    /// <param name="padRows">False for the rows of a table, each of which is looked up.</param>
    /// <param name="offset">Floats before it.</param>
    public WeightBlock(Tensor tensor, int gates, bool padRows, long offset)
    {
        Name = tensor.Name;
        Shape = tensor.Shape;
        Offset = offset;
        IsMatrix = tensor.Shape.Count == 2;
        _gates = gates;
        _rows = tensor.Shape[0] / gates;
        Columns = IsMatrix ? tensor.Shape[1] : 1;
        PaddedRows = gates * (padRows ? AlignedFloats.Padded(_rows) : _rows);
        PaddedColumns = IsMatrix ? AlignedFloats.Padded(Columns) : 1;
    }

    public string Name { get; }
    public IReadOnlyList<int> Shape { get; }
    public long Offset { get; }
    public bool IsMatrix { get; }
    public int Columns { get; }
    public int PaddedRows { get; }
    public int PaddedColumns { get; }

    /// <summary>Floats with the padding, a multiple of 16.</summary>
    public long Length => AlignedFloats.Padded(checked(PaddedRows * PaddedColumns));

    /// <summary>From a tensor's values to the padded ones.</summary>
    public void Spread(ReadOnlySpan<float> values, Span<float> padded)
    {
        for (var row = 0; row < _gates * _rows; row++)
        {
            values.Slice(row * Columns, Columns).CopyTo(padded[PlaceOf(row)..]);
        }
    }

    /// <summary>The other way round.</summary>
    public float[] Gather(ReadOnlySpan<float> padded)
    {
        var values = new float[_gates * _rows * Columns];
        for (var row = 0; row < _gates * _rows; row++)
        {
            padded.Slice(PlaceOf(row), Columns).CopyTo(values.AsSpan(row * Columns));
        }
        return values;
    }

    private int PlaceOf(int row) => (row / _rows * (PaddedRows / _gates) + row % _rows) * PaddedColumns;
}
