using Realtime.Cells.States;

namespace Realtime.Cells;

/// <summary>
/// Steps the whole stack of a model over a wave of rows. Rows, spans and tokens have been checked by
/// <see cref="CpuEngine"/>.
/// </summary>
internal abstract class WaveKernel : IDisposable
{
    public abstract void Step(StateTable states, ReadOnlySpan<int> rows, ReadOnlySpan<float> inputs,
        Span<float> outputs);

    public abstract void Dispose();
}
