using Realtime.Cells.RollOuts;

namespace Realtime.Cells;

/// <summary>
/// One model's recurrent states and the kernels that step them. States are addressed by row, so that they may live on a
/// device. Not thread-safe: one loop owns an engine.
/// </summary>
public interface IStepEngine : IDisposable
{
    /// <summary>"cpu".</summary>
    string Name { get; }

    /// <summary>"scalar", "vector128", "vector256" or "vector512".</summary>
    string Kernel { get; }

    int Rows { get; }

    /// <summary>Bytes allocated for states, padding included.</summary>
    long StateBytes { get; }

    /// <summary>
    /// Makes room for at least this many rows, in slabs: existing rows keep their state, new rows are zero.
    /// </summary>
    void Grow(int rows);

    /// <summary>
    /// Steps each row once and updates its state in place. Allocates nothing. The bits of a row's outputs and state
    /// do not depend on n, on its position or on what else is in the wave.
    /// </summary>
    /// <param name="rows">n distinct rows.</param>
    /// <param name="inputs">[n, model inputs], row-major, each within ±1e30.</param>
    /// <param name="outputs">[n, <see cref="Model.OutputCount"/>].</param>
    /// <exception cref="ArgumentException">Spans of wrong lengths, a row out of range, or a token out of the
    /// vocabulary; then nothing was stepped.</exception>
    void Step(ReadOnlySpan<int> rows, ReadOnlySpan<float> inputs, Span<float> outputs);

    /// <summary>Rows that a wave should have, if there are so many: with fewer some of its threads have no work.
    /// </summary>
    int RowsAtOnce => 1;

    /// <summary>A step that was begun goes on by itself, so that the caller can do something else before it asks for
    /// the end.</summary>
    bool IsAsynchronous => false;

    /// <summary>
    /// Begins what <see cref="Step"/> and then <see cref="ReadTop"/> do. <see cref="End"/> is the next call, with
    /// spans of the same lengths. Rows and inputs may change once this has returned. Where it throws nothing is begun.
    /// </summary>
    /// <param name="rows">n distinct rows.</param>
    /// <param name="inputs">As for <see cref="Step"/>.</param>
    /// <param name="outputs">Likewise; filled here or by <see cref="End"/>.</param>
    /// <param name="top">As for <see cref="ReadTop"/>; empty where nobody wants it.</param>
    void Begin(ReadOnlySpan<int> rows, ReadOnlySpan<float> inputs, Span<float> outputs, Span<float> top)
    {
        Step(rows, inputs, outputs);
        if (!top.IsEmpty)
            ReadTop(rows, top);
    }

    /// <summary>Waits for what was begun, and brings it.</summary>
    void End(Span<float> outputs, Span<float> top)
    {
    }

    /// <summary>
    /// Copies a row's state, <see cref="Model.StateFloats"/> floats laid out as <see cref="Model.StateSlots"/>.
    /// </summary>
    void Read(int row, Span<float> state);

    void Write(int row, ReadOnlySpan<float> state);

    /// <summary>
    /// Copies the top recurrent layer's h of each row; nothing where the model has no recurrent layer.
    /// </summary>
    /// <param name="rows">n rows, below <see cref="Rows"/>.</param>
    /// <param name="hidden">[n, hidden units of <see cref="Model.TopRecurrent"/>].</param>
    void ReadTop(ReadOnlySpan<int> rows, Span<float> hidden);

    /// <summary>Sets a row's state to zero.</summary>
    void Clear(int row);

    /// <summary>
    /// Takes over all rows of another engine, whose model has the same <see cref="Model.StateSlots"/>, without copying
    /// a state; the other one is left with the rows that this one had.
    /// </summary>
    /// <exception cref="ArgumentException">Another kind of engine, or a model of other slots.</exception>
    void TakeStates(IStepEngine from);

    /// <summary>Steps rows further and further ahead, where their states are; it has to be disposed of first.</summary>
    /// <param name="decoder">Takes over from the states; null: the model itself goes on.</param>
    /// <exception cref="ArgumentException">Forecasts can't be inputs, see <see cref="FeedBack.FaultIn(Model)"/>, or the
    /// decoder has other state slots.</exception>
    IRollOut RollOut(Model? decoder = null);
}
