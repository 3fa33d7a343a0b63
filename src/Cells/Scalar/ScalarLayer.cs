namespace Realtime.Cells.Scalar;

/// <summary>
/// One layer of the reference. Weights, states and what passes between layers are float32. Every sum is taken in
/// double, the input's and the hidden state's each from its bias on, indices ascending, and then added; gates stay in
/// double; what is stored (y, h', c') is rounded to float32 once.
/// </summary>
internal abstract class ScalarLayer
{
    /// <param name="x">The layer's inputs.</param>
    /// <param name="state">The whole state row of the stream, updated in place.</param>
    /// <param name="y">The layer's outputs; does not overlap x or the state.</param>
    public abstract void Step(ReadOnlySpan<float> x, Span<float> state, Span<float> y);
}
