namespace Realtime.Training.Learning.Tapes;

/// <summary>y = row x of a table; back: δy is added to that row. Always first, so nothing goes further back.</summary>
internal sealed unsafe class EmbeddingTape : LayerTape
{
    private readonly Weights _weights;
    private readonly WeightBlock _table;
    private readonly float* _y;
    private float* _x;

    public EmbeddingTape(Weights weights, int layer, int rows, int steps)
        : base(rows, 1, weights.Layers[layer].Outputs)
    {
        _weights = weights;
        _table = weights.BlocksOf(layer)[0];
        _y = Allocate((long)steps * rows * OutputStride);
    }

    public override float* Forward(float* x, int steps, in Pass pass)
    {
        _x = x;
        for (var row = 0; row < steps * Rows; row++)
        {
            Entry(_weights.At(_table), row).CopyTo(new Span<float>(_y + (nint)row * OutputStride, OutputStride));
        }
        return _y;
    }

    public override void Backward(float* delta, float* inputDelta, float* gradient, int steps)
    {
        for (var row = 0; row < steps * Rows; row++)
        {
            var entry = Entry(gradient + _table.Offset, row);
            var from = delta + (nint)row * OutputStride;
            for (var j = 0; j < entry.Length; j++)
            {
                entry[j] += from[j];
            }
        }
    }

    private Span<float> Entry(float* table, int row) =>
        new(table + (nint)_x[(nint)row * InputStride] * OutputStride, OutputStride);
}
