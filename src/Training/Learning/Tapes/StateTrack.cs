namespace Realtime.Training.Learning.Tapes;

/// <summary>A recurrent value over a window: before the first step, and after each.</summary>
/// <param name="block">Floats of all rows at one step.</param>
/// <param name="values">[1 + steps] blocks.</param>
/// <param name="carried">One block: where the window before ended.</param>
internal readonly unsafe struct StateTrack(int block, float* values, float* carried)
{
    /// <summary>The value before step t; that after it is the one before t + 1.</summary>
    public float* Before(int t) => values + (nint)t * block;

    public void Begin(bool carries)
    {
        var first = new Span<float>(values, block);
        if (carries)
        {
            new ReadOnlySpan<float>(carried, block).CopyTo(first);
        }
        else
        {
            first.Clear();
        }
    }

    public void End(int steps, bool carries)
    {
        if (carries)
        {
            new ReadOnlySpan<float>(Before(steps), block).CopyTo(new Span<float>(carried, block));
        }
    }

    public void Reset(int row, int stride) => new Span<float>(carried + row * stride, stride).Clear();
}
