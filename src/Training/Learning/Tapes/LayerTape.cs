using Realtime.Cells.States;

namespace Realtime.Training.Learning.Tapes;

/// <summary>
/// One layer over a window of a batch: what a forward pass leaves behind, so that the backward pass can go through it
/// in reverse (P. Werbos: Backpropagation through time: what it does and how to do it, Proc. IEEE 78, 1990). Everything
/// between layers is [step][row][unit], units padded with zeros to whole vectors; a row is one sequence of the batch.
/// </summary>
internal abstract unsafe class LayerTape(int rows, int inputs, int outputs) : IDisposable
{
    private readonly List<AlignedFloats> _owned = [];

    /// <summary>Sequences side by side.</summary>
    public int Rows { get; } = rows;

    public int Inputs { get; } = inputs;
    public int Outputs { get; } = outputs;

    /// <summary>Floats from row to row of what comes in.</summary>
    public int InputStride { get; } = AlignedFloats.Padded(inputs);

    /// <summary>Floats from row to row of what goes out.</summary>
    public int OutputStride { get; } = AlignedFloats.Padded(outputs);

    /// <summary>Goes through the window; the result is the tape's own and lasts until the next call.</summary>
    public abstract float* Forward(float* x, int steps, in Pass pass);

    /// <summary>Goes back through the window that <see cref="Forward"/> went through last.</summary>
    /// <param name="delta">The loss's derivative by what went out; used up.</param>
    /// <param name="inputDelta">Where the derivative by what came in goes; null where nobody wants it.</param>
    /// <param name="gradient">The derivative by the weights, laid out as they are; it is added to.</param>
    /// <param name="steps">As in the forward pass.</param>
    public abstract void Backward(float* delta, float* inputDelta, float* gradient, int steps);

    /// <summary>Sets the carried state of a row to zero: another sequence begins there.</summary>
    public virtual void Reset(int row)
    {
    }

    public void Dispose() => _owned.ForEach(floats => floats.Dispose());

    /// <summary>Zeroed floats that live as long as the tape.</summary>
    protected float* Allocate(long count)
    {
        var floats = new AlignedFloats(count);
        _owned.Add(floats);
        return floats.Pointer;
    }
}
