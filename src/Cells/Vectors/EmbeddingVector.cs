namespace Realtime.Cells.Vectors;

/// <summary>y = row x[0] of the table.</summary>
internal sealed unsafe class EmbeddingVector(EmbeddingLayer layer) : VectorLayer
{
    public override void Step(in StreamGroup group)
    {
        for (int m = 0; m < group.Count; m++)
        {
            int token = (int)group.X[m * group.Stride];
            var y = new Span<float>(group.Y + m * group.Stride, group.Stride);
            layer.Weight.Span.Slice(token * layer.Outputs, layer.Outputs).CopyTo(y);
            y[layer.Outputs..].Clear();
        }
    }

    public override void Dispose()
    {
    }
}
