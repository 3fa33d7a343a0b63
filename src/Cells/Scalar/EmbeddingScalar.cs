namespace Realtime.Cells.Scalar;

/// <summary>y = row x[0] of the table.</summary>
internal sealed class EmbeddingScalar(EmbeddingLayer layer) : ScalarLayer
{
    public override void Step(ReadOnlySpan<float> x, Span<float> state, Span<float> y) =>
        layer.Weight.Span.Slice((int)x[0] * layer.Outputs, layer.Outputs).CopyTo(y);
}
