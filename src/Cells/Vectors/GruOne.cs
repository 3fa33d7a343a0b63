using System.Runtime.CompilerServices;

namespace Realtime.Cells.Vectors;

/// <summary>
/// One stream of a gru layer, from its inputs to h', in registers throughout. The sums are the chains of <see
/// cref="GruProducts{TLanes,TVector}"/>. The old state may lie where the new one goes, where no panel is left that
/// needs it.
/// </summary>
internal static unsafe class GruOne<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>Two panels; the pointers are of the first, and the second one's results lie behind.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void TwoPanels(float* w, nint panel, float* b, float* x, nint inputs, float* h, nint hidden,
        float* old, float* state, float* y)
    {
        int width = TLanes.Width;
        float* v = w + panel;
        TVector r0 = TLanes.Load(b), z0 = TLanes.Load(b + width), x0 = TLanes.Load(b + 2 * width);
        TVector n0 = TLanes.Load(b + 3 * width);
        b += 4 * width;
        TVector r1 = TLanes.Load(b), z1 = TLanes.Load(b + width), x1 = TLanes.Load(b + 2 * width);
        TVector n1 = TLanes.Load(b + 3 * width);
        float* end = x + inputs;
        do
        {
            TVector c = TLanes.All(*x);
            r0 = TLanes.MultiplyAdd(TLanes.Load(w), c, r0);
            z0 = TLanes.MultiplyAdd(TLanes.Load(w + width), c, z0);
            x0 = TLanes.MultiplyAdd(TLanes.Load(w + 2 * width), c, x0);
            r1 = TLanes.MultiplyAdd(TLanes.Load(v), c, r1);
            z1 = TLanes.MultiplyAdd(TLanes.Load(v + width), c, z1);
            x1 = TLanes.MultiplyAdd(TLanes.Load(v + 2 * width), c, x1);
            w += 3 * width;
            v += 3 * width;
        }
        while (++x < end);
        end = h + hidden;
        do
        {
            TVector c = TLanes.All(*h);
            r0 = TLanes.MultiplyAdd(TLanes.Load(w), c, r0);
            z0 = TLanes.MultiplyAdd(TLanes.Load(w + width), c, z0);
            n0 = TLanes.MultiplyAdd(TLanes.Load(w + 2 * width), c, n0);
            r1 = TLanes.MultiplyAdd(TLanes.Load(v), c, r1);
            z1 = TLanes.MultiplyAdd(TLanes.Load(v + width), c, z1);
            n1 = TLanes.MultiplyAdd(TLanes.Load(v + 2 * width), c, n1);
            w += 3 * width;
            v += 3 * width;
        }
        while (++h < end);
        var powers = new Powers<TLanes, TVector>();
        n0 = GruGates<TLanes, TVector>.New(powers.One, powers.Of(r0), x0, n0);
        n1 = GruGates<TLanes, TVector>.New(powers.One, powers.Of(r1), x1, n1);
        n0 = GruGates<TLanes, TVector>.Blend(powers.One, powers.Of(z0), powers.Of(n0), TLanes.Load(old));
        n1 = GruGates<TLanes, TVector>.Blend(powers.One, powers.Of(z1), powers.Of(n1), TLanes.Load(old + width));
        TLanes.Store(n0, state);
        TLanes.Store(n0, y);
        TLanes.Store(n1, state + width);
        TLanes.Store(n1, y + width);
    }

    /// <summary>One panel.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void OnePanel(
        float* w, float* b, float* x, nint inputs, float* h, nint hidden, float* old, float* state, float* y)
    {
        int width = TLanes.Width;
        TVector r = TLanes.Load(b), z = TLanes.Load(b + width), x0 = TLanes.Load(b + 2 * width);
        TVector n = TLanes.Load(b + 3 * width);
        float* end = x + inputs;
        do
        {
            TVector c = TLanes.All(*x);
            r = TLanes.MultiplyAdd(TLanes.Load(w), c, r);
            z = TLanes.MultiplyAdd(TLanes.Load(w + width), c, z);
            x0 = TLanes.MultiplyAdd(TLanes.Load(w + 2 * width), c, x0);
            w += 3 * width;
        }
        while (++x < end);
        end = h + hidden;
        do
        {
            TVector c = TLanes.All(*h);
            r = TLanes.MultiplyAdd(TLanes.Load(w), c, r);
            z = TLanes.MultiplyAdd(TLanes.Load(w + width), c, z);
            n = TLanes.MultiplyAdd(TLanes.Load(w + 2 * width), c, n);
            w += 3 * width;
        }
        while (++h < end);
        var powers = new Powers<TLanes, TVector>();
        n = GruGates<TLanes, TVector>.New(powers.One, powers.Of(r), x0, n);
        n = GruGates<TLanes, TVector>.Blend(powers.One, powers.Of(z), powers.Of(n), TLanes.Load(old));
        TLanes.Store(n, state);
        TLanes.Store(n, y);
    }
}
