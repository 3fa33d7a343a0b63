namespace Realtime.Cells.Vectors;

/// <summary>One layer of the vector kernels: fused, from its inputs and states to its outputs and new states.</summary>
/// <param name="rows">Where its inputs are.</param>
internal abstract unsafe class VectorLayer(StreamRows rows) : IDisposable
{
    public StreamRows Rows => rows;

    /// <summary>Whether <see cref="Step"/> writes its outputs alone, without filling a vector up.</summary>
    public virtual bool WritesExactly => false;

    /// <summary>Steps the streams of a group; their inputs lie in <see cref="Rows"/>.</summary>
    /// <param name="group">The streams.</param>
    /// <param name="y">
    /// Outputs of the first stream, written in whole vectors unless <see cref="WritesExactly"/>.
    /// </param>
    /// <param name="stride">Floats from one stream's outputs to the next.</param>
    public abstract void Step(in StreamGroup group, float* y, nint stride);

    /// <summary>The same for one stream alone, whose inputs lie first in <see cref="Rows"/>.</summary>
    /// <param name="state">Its state row.</param>
    /// <param name="y">Its outputs.</param>
    public virtual void StepOne(float* state, float* y) =>
        Step(new StreamGroup { Count = 1, Known = 1, States = &state }, y, 0);

    public virtual void Dispose() => rows.Dispose();
}
