using System.Runtime.CompilerServices;

namespace Realtime.Cells.Vectors;

/// <summary>
/// One stream of an lstm layer, from its inputs to c' and h', in registers throughout. The sums are the chains of <see
/// cref="LstmProducts{TLanes,TVector}"/>. The old h may lie where the new one goes, where no panel is left that needs
/// it.
/// </summary>
internal static unsafe class LstmOne<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>Two panels; the pointers are of the first, and the second one's results lie behind.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void TwoPanels(float* w, nint panel, float* b, float* x, nint inputs, float* h, nint hidden,
        float* state, float* cell, float* y)
    {
        int width = TLanes.Width;
        float* v = w + panel;
        TVector i0 = TLanes.Load(b), f0 = TLanes.Load(b + width);
        TVector g0 = TLanes.Load(b + 2 * width), o0 = TLanes.Load(b + 3 * width);
        b += 4 * width;
        TVector i1 = TLanes.Load(b), f1 = TLanes.Load(b + width);
        TVector g1 = TLanes.Load(b + 2 * width), o1 = TLanes.Load(b + 3 * width);
        float* end = x + inputs;
        do
        {
            TVector c = TLanes.All(*x);
            i0 = TLanes.MultiplyAdd(TLanes.Load(w), c, i0);
            f0 = TLanes.MultiplyAdd(TLanes.Load(w + width), c, f0);
            g0 = TLanes.MultiplyAdd(TLanes.Load(w + 2 * width), c, g0);
            o0 = TLanes.MultiplyAdd(TLanes.Load(w + 3 * width), c, o0);
            i1 = TLanes.MultiplyAdd(TLanes.Load(v), c, i1);
            f1 = TLanes.MultiplyAdd(TLanes.Load(v + width), c, f1);
            g1 = TLanes.MultiplyAdd(TLanes.Load(v + 2 * width), c, g1);
            o1 = TLanes.MultiplyAdd(TLanes.Load(v + 3 * width), c, o1);
            w += 4 * width;
            v += 4 * width;
        }
        while (++x < end);
        end = h + hidden;
        do
        {
            TVector c = TLanes.All(*h);
            i0 = TLanes.MultiplyAdd(TLanes.Load(w), c, i0);
            f0 = TLanes.MultiplyAdd(TLanes.Load(w + width), c, f0);
            g0 = TLanes.MultiplyAdd(TLanes.Load(w + 2 * width), c, g0);
            o0 = TLanes.MultiplyAdd(TLanes.Load(w + 3 * width), c, o0);
            i1 = TLanes.MultiplyAdd(TLanes.Load(v), c, i1);
            f1 = TLanes.MultiplyAdd(TLanes.Load(v + width), c, f1);
            g1 = TLanes.MultiplyAdd(TLanes.Load(v + 2 * width), c, g1);
            o1 = TLanes.MultiplyAdd(TLanes.Load(v + 3 * width), c, o1);
            w += 4 * width;
            v += 4 * width;
        }
        while (++h < end);
        var powers = new Powers<TLanes, TVector>();
        i0 = LstmGates<TLanes, TVector>.Cell(
            powers.One, powers.Of(i0), powers.Of(f0), powers.Of(g0), TLanes.Load(cell));
        i1 = LstmGates<TLanes, TVector>.Cell(
            powers.One, powers.Of(i1), powers.Of(f1), powers.Of(g1), TLanes.Load(cell + width));
        TLanes.Store(i0, cell);
        TLanes.Store(i1, cell + width);
        i0 = LstmGates<TLanes, TVector>.Hidden(powers.One, powers.Of(o0), powers.ExpOfTwice(i0));
        i1 = LstmGates<TLanes, TVector>.Hidden(powers.One, powers.Of(o1), powers.ExpOfTwice(i1));
        TLanes.Store(i0, state);
        TLanes.Store(i0, y);
        TLanes.Store(i1, state + width);
        TLanes.Store(i1, y + width);
    }

    /// <summary>One panel.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void OnePanel(
        float* w, float* b, float* x, nint inputs, float* h, nint hidden, float* state, float* cell, float* y)
    {
        int width = TLanes.Width;
        TVector i0 = TLanes.Load(b), f0 = TLanes.Load(b + width);
        TVector g0 = TLanes.Load(b + 2 * width), o0 = TLanes.Load(b + 3 * width);
        float* end = x + inputs;
        do
        {
            TVector c = TLanes.All(*x);
            i0 = TLanes.MultiplyAdd(TLanes.Load(w), c, i0);
            f0 = TLanes.MultiplyAdd(TLanes.Load(w + width), c, f0);
            g0 = TLanes.MultiplyAdd(TLanes.Load(w + 2 * width), c, g0);
            o0 = TLanes.MultiplyAdd(TLanes.Load(w + 3 * width), c, o0);
            w += 4 * width;
        }
        while (++x < end);
        end = h + hidden;
        do
        {
            TVector c = TLanes.All(*h);
            i0 = TLanes.MultiplyAdd(TLanes.Load(w), c, i0);
            f0 = TLanes.MultiplyAdd(TLanes.Load(w + width), c, f0);
            g0 = TLanes.MultiplyAdd(TLanes.Load(w + 2 * width), c, g0);
            o0 = TLanes.MultiplyAdd(TLanes.Load(w + 3 * width), c, o0);
            w += 4 * width;
        }
        while (++h < end);
        var powers = new Powers<TLanes, TVector>();
        i0 = LstmGates<TLanes, TVector>.Cell(
            powers.One, powers.Of(i0), powers.Of(f0), powers.Of(g0), TLanes.Load(cell));
        TLanes.Store(i0, cell);
        i0 = LstmGates<TLanes, TVector>.Hidden(powers.One, powers.Of(o0), powers.ExpOfTwice(i0));
        TLanes.Store(i0, state);
        TLanes.Store(i0, y);
    }
}
