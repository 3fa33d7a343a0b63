using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Realtime.Cells.States;

namespace Realtime.Cells.Vectors;

/// <summary>
/// What a layer works on, per stream of a group one row: its inputs, and right behind them, on a vector boundary, a
/// copy of the hidden state from before the step. The layer before writes the inputs in whole vectors, over the place
/// of the hidden state, which is therefore copied afterwards.
/// </summary>
internal sealed unsafe class StreamRows : IDisposable
{
    private const int LineFloats = 64 / sizeof(float);

    private readonly AlignedFloats _floats;
    private readonly int _hidden;

    public StreamRows(int inputs, int hidden = 0)
    {
        int start = AlignedFloats.Padded(inputs);
        _hidden = AlignedFloats.Padded(hidden);
        Stride = start + Math.Max(_hidden, AlignedFloats.Lanes);
        _floats = new AlignedFloats(StreamGroup.Most * (long)Stride);
        Inputs = _floats.Pointer + (hidden > 0 ? start - inputs : 0);
        Hidden = _floats.Pointer + start;
    }

    /// <summary>Inputs of the first stream.</summary>
    public float* Inputs { get; }

    /// <summary>Hidden state of the first stream.</summary>
    public float* Hidden { get; }

    /// <summary>Floats from one stream's row to the next.</summary>
    public nint Stride { get; }

    /// <summary>Copies hidden states, and fetches those of as many streams that come after these.</summary>
    /// <param name="group">The streams.</param>
    /// <param name="first">The first stream.</param>
    /// <param name="count">How many.</param>
    /// <param name="start">First float of h in a state row.</param>
    public void Gather(in StreamGroup group, int first, int count, int start)
    {
        for (int m = first; m < first + count; m++) Copy(group.States[m] + start, Hidden + m * Stride, _hidden);
        if (!Sse.IsSupported) return;
        int end = Math.Min(first + 2 * count, group.Known);
        for (int m = first + count; m < end; m++) Fetch(group.States[m] + start, _hidden);
    }

    /// <summary>Copies the hidden state of one stream.</summary>
    /// <param name="state">The state.</param>
    /// <param name="at">The stream's place.</param>
    /// <returns>The copy.</returns>
    public float* Keep(float* state, int at)
    {
        float* copy = Hidden + at * Stride;
        Copy(state, copy, _hidden);
        return copy;
    }

    /// <summary>Asks for the cache lines of one slot of a state row.</summary>
    public static void Fetch(float* state, int floats)
    {
        for (float* end = state + floats; state < end; state += LineFloats) Sse.Prefetch0(state);
    }

    public void Dispose() => _floats.Dispose();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy(float* from, float* to, int floats)
    {
        for (float* end = from + floats; from < end; from += LineFloats, to += LineFloats)
            Vector512.Load(from).Store(to);
    }
}
