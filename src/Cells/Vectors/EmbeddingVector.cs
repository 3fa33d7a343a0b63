namespace Realtime.Cells.Vectors;

/// <summary>y = row x[0] of the table.</summary>
internal sealed unsafe class EmbeddingVector(EmbeddingLayer layer) : VectorLayer(new StreamRows(1))
{
    public override void Step(in StreamGroup group, float* y, nint stride)
    {
        for (int m = 0; m < group.Count; m++)
        {
            int token = (int)Rows.Inputs[m * Rows.Stride];
            layer.Weight.Span.Slice(token * layer.Outputs, layer.Outputs)
                .CopyTo(new Span<float>(y + m * stride, layer.Outputs));
        }
    }
}
