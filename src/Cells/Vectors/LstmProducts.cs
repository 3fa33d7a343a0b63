using System.Runtime.CompilerServices;

namespace Realtime.Cells.Vectors;

/// <summary>
/// The sums of an lstm layer, [i|f|g|o] per panel and stream. Every lane's sum is one chain of multiply-adds in every
/// one of these loops: from the bias on, inputs, then hidden units, ascending. A row has x and right behind it h.
/// </summary>
internal static unsafe class LstmProducts<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    public static int SumFloats => 4 * TLanes.Width;

    /// <summary>
    /// One panel for three streams, whose rows are a stride apart: sums [stream][4][lane]. Twelve sums, three inputs
    /// and one weight are what 16 registers hold.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void ThreeStreams(float* w, float* b, float* x, nint stride, nint columns, float* sums)
    {
        int width = TLanes.Width;
        float* x0 = x + columns, x1 = x0 + stride, x2 = x1 + stride;
        TVector i0 = TLanes.Load(b), f0 = TLanes.Load(b + width);
        TVector g0 = TLanes.Load(b + 2 * width), o0 = TLanes.Load(b + 3 * width);
        TVector i1 = i0, i2 = i0;
        TVector f1 = f0, f2 = f0;
        TVector g1 = g0, g2 = g0;
        TVector o1 = o0, o2 = o0;
        nint k = -columns;
        do
        {
            TVector c0 = TLanes.All(x0[k]), c1 = TLanes.All(x1[k]), c2 = TLanes.All(x2[k]);
            TVector v = TLanes.Load(w);
            i0 = TLanes.MultiplyAdd(v, c0, i0);
            i1 = TLanes.MultiplyAdd(v, c1, i1);
            i2 = TLanes.MultiplyAdd(v, c2, i2);
            v = TLanes.Load(w + width);
            f0 = TLanes.MultiplyAdd(v, c0, f0);
            f1 = TLanes.MultiplyAdd(v, c1, f1);
            f2 = TLanes.MultiplyAdd(v, c2, f2);
            v = TLanes.Load(w + 2 * width);
            g0 = TLanes.MultiplyAdd(v, c0, g0);
            g1 = TLanes.MultiplyAdd(v, c1, g1);
            g2 = TLanes.MultiplyAdd(v, c2, g2);
            v = TLanes.Load(w + 3 * width);
            o0 = TLanes.MultiplyAdd(v, c0, o0);
            o1 = TLanes.MultiplyAdd(v, c1, o1);
            o2 = TLanes.MultiplyAdd(v, c2, o2);
            w += 4 * width;
        }
        while (++k < 0);
        TLanes.Store(i0, sums);
        TLanes.Store(f0, sums + width);
        TLanes.Store(g0, sums + 2 * width);
        TLanes.Store(o0, sums + 3 * width);
        TLanes.Store(i1, sums + 4 * width);
        TLanes.Store(f1, sums + 5 * width);
        TLanes.Store(g1, sums + 6 * width);
        TLanes.Store(o1, sums + 7 * width);
        TLanes.Store(i2, sums + 8 * width);
        TLanes.Store(f2, sums + 9 * width);
        TLanes.Store(g2, sums + 10 * width);
        TLanes.Store(o2, sums + 11 * width);
    }

    /// <summary>One panel for six streams, whose rows are a stride apart: sums [stream][4][lane].</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void SixStreams(float* w, float* b, float* x, nint stride, nint columns, float* sums)
    {
        int width = TLanes.Width;
        float* x0 = x + columns, x1 = x0 + stride, x2 = x1 + stride, x3 = x2 + stride;
        float* x4 = x3 + stride, x5 = x4 + stride;
        TVector i0 = TLanes.Load(b), f0 = TLanes.Load(b + width);
        TVector g0 = TLanes.Load(b + 2 * width), o0 = TLanes.Load(b + 3 * width);
        TVector i1 = i0, i2 = i0, i3 = i0, i4 = i0, i5 = i0;
        TVector f1 = f0, f2 = f0, f3 = f0, f4 = f0, f5 = f0;
        TVector g1 = g0, g2 = g0, g3 = g0, g4 = g0, g5 = g0;
        TVector o1 = o0, o2 = o0, o3 = o0, o4 = o0, o5 = o0;
        nint k = -columns;
        do
        {
            TVector i = TLanes.Load(w), f = TLanes.Load(w + width);
            TVector g = TLanes.Load(w + 2 * width), o = TLanes.Load(w + 3 * width);
            TVector c = TLanes.All(x0[k]);
            i0 = TLanes.MultiplyAdd(i, c, i0);
            f0 = TLanes.MultiplyAdd(f, c, f0);
            g0 = TLanes.MultiplyAdd(g, c, g0);
            o0 = TLanes.MultiplyAdd(o, c, o0);
            c = TLanes.All(x1[k]);
            i1 = TLanes.MultiplyAdd(i, c, i1);
            f1 = TLanes.MultiplyAdd(f, c, f1);
            g1 = TLanes.MultiplyAdd(g, c, g1);
            o1 = TLanes.MultiplyAdd(o, c, o1);
            c = TLanes.All(x2[k]);
            i2 = TLanes.MultiplyAdd(i, c, i2);
            f2 = TLanes.MultiplyAdd(f, c, f2);
            g2 = TLanes.MultiplyAdd(g, c, g2);
            o2 = TLanes.MultiplyAdd(o, c, o2);
            c = TLanes.All(x3[k]);
            i3 = TLanes.MultiplyAdd(i, c, i3);
            f3 = TLanes.MultiplyAdd(f, c, f3);
            g3 = TLanes.MultiplyAdd(g, c, g3);
            o3 = TLanes.MultiplyAdd(o, c, o3);
            c = TLanes.All(x4[k]);
            i4 = TLanes.MultiplyAdd(i, c, i4);
            f4 = TLanes.MultiplyAdd(f, c, f4);
            g4 = TLanes.MultiplyAdd(g, c, g4);
            o4 = TLanes.MultiplyAdd(o, c, o4);
            c = TLanes.All(x5[k]);
            i5 = TLanes.MultiplyAdd(i, c, i5);
            f5 = TLanes.MultiplyAdd(f, c, f5);
            g5 = TLanes.MultiplyAdd(g, c, g5);
            o5 = TLanes.MultiplyAdd(o, c, o5);
            w += 4 * width;
        }
        while (++k < 0);
        TLanes.Store(i0, sums);
        TLanes.Store(f0, sums + width);
        TLanes.Store(g0, sums + 2 * width);
        TLanes.Store(o0, sums + 3 * width);
        TLanes.Store(i1, sums + 4 * width);
        TLanes.Store(f1, sums + 5 * width);
        TLanes.Store(g1, sums + 6 * width);
        TLanes.Store(o1, sums + 7 * width);
        TLanes.Store(i2, sums + 8 * width);
        TLanes.Store(f2, sums + 9 * width);
        TLanes.Store(g2, sums + 10 * width);
        TLanes.Store(o2, sums + 11 * width);
        TLanes.Store(i3, sums + 12 * width);
        TLanes.Store(f3, sums + 13 * width);
        TLanes.Store(g3, sums + 14 * width);
        TLanes.Store(o3, sums + 15 * width);
        TLanes.Store(i4, sums + 16 * width);
        TLanes.Store(f4, sums + 17 * width);
        TLanes.Store(g4, sums + 18 * width);
        TLanes.Store(o4, sums + 19 * width);
        TLanes.Store(i5, sums + 20 * width);
        TLanes.Store(f5, sums + 21 * width);
        TLanes.Store(g5, sums + 22 * width);
        TLanes.Store(o5, sums + 23 * width);
    }
}
