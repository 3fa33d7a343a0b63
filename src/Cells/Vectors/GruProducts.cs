using System.Runtime.CompilerServices;

namespace Realtime.Cells.Vectors;

/// <summary>
/// The sums of a gru layer, [r|z|n of inputs|n of hidden] per panel and stream. Every lane's sum is one chain of
/// multiply-adds in every one of these loops: from the bias on, inputs, then hidden units, ascending. A row has x and
/// right behind it h.
/// </summary>
internal static unsafe class GruProducts<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    public static int SumFloats => 4 * TLanes.Width;

    /// <summary>One panel for four streams, whose rows are a stride apart: sums [stream][4][lane].</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void FourStreams(
        float* w, float* b, float* x, nint stride, nint inputs, nint hidden, float* sums)
    {
        int width = TLanes.Width;
        float* x0 = x + inputs, x1 = x0 + stride, x2 = x1 + stride, x3 = x2 + stride;
        TVector r0 = TLanes.Load(b), z0 = TLanes.Load(b + width), n0 = TLanes.Load(b + 2 * width);
        TVector r1 = r0, r2 = r0, r3 = r0;
        TVector z1 = z0, z2 = z0, z3 = z0;
        TVector n1 = n0, n2 = n0, n3 = n0;
        nint k = -inputs;
        do
        {
            TVector r = TLanes.Load(w), z = TLanes.Load(w + width), n = TLanes.Load(w + 2 * width);
            TVector c = TLanes.All(x0[k]);
            r0 = TLanes.MultiplyAdd(r, c, r0);
            z0 = TLanes.MultiplyAdd(z, c, z0);
            n0 = TLanes.MultiplyAdd(n, c, n0);
            c = TLanes.All(x1[k]);
            r1 = TLanes.MultiplyAdd(r, c, r1);
            z1 = TLanes.MultiplyAdd(z, c, z1);
            n1 = TLanes.MultiplyAdd(n, c, n1);
            c = TLanes.All(x2[k]);
            r2 = TLanes.MultiplyAdd(r, c, r2);
            z2 = TLanes.MultiplyAdd(z, c, z2);
            n2 = TLanes.MultiplyAdd(n, c, n2);
            c = TLanes.All(x3[k]);
            r3 = TLanes.MultiplyAdd(r, c, r3);
            z3 = TLanes.MultiplyAdd(z, c, z3);
            n3 = TLanes.MultiplyAdd(n, c, n3);
            w += 3 * width;
        }
        while (++k < 0);
        TLanes.Store(n0, sums + 2 * width);
        TLanes.Store(n1, sums + 6 * width);
        TLanes.Store(n2, sums + 10 * width);
        TLanes.Store(n3, sums + 14 * width);
        n0 = TLanes.Load(b + 3 * width);
        n1 = n0;
        n2 = n0;
        n3 = n0;
        do
        {
            TVector r = TLanes.Load(w), z = TLanes.Load(w + width), n = TLanes.Load(w + 2 * width);
            TVector c = TLanes.All(x0[k]);
            r0 = TLanes.MultiplyAdd(r, c, r0);
            z0 = TLanes.MultiplyAdd(z, c, z0);
            n0 = TLanes.MultiplyAdd(n, c, n0);
            c = TLanes.All(x1[k]);
            r1 = TLanes.MultiplyAdd(r, c, r1);
            z1 = TLanes.MultiplyAdd(z, c, z1);
            n1 = TLanes.MultiplyAdd(n, c, n1);
            c = TLanes.All(x2[k]);
            r2 = TLanes.MultiplyAdd(r, c, r2);
            z2 = TLanes.MultiplyAdd(z, c, z2);
            n2 = TLanes.MultiplyAdd(n, c, n2);
            c = TLanes.All(x3[k]);
            r3 = TLanes.MultiplyAdd(r, c, r3);
            z3 = TLanes.MultiplyAdd(z, c, z3);
            n3 = TLanes.MultiplyAdd(n, c, n3);
            w += 3 * width;
        }
        while (++k < hidden);
        TLanes.Store(r0, sums);
        TLanes.Store(z0, sums + width);
        TLanes.Store(n0, sums + 3 * width);
        TLanes.Store(r1, sums + 4 * width);
        TLanes.Store(z1, sums + 5 * width);
        TLanes.Store(n1, sums + 7 * width);
        TLanes.Store(r2, sums + 8 * width);
        TLanes.Store(z2, sums + 9 * width);
        TLanes.Store(n2, sums + 11 * width);
        TLanes.Store(r3, sums + 12 * width);
        TLanes.Store(z3, sums + 13 * width);
        TLanes.Store(n3, sums + 15 * width);
    }

    /// <summary>
    /// Four panels for one stream, a stride apart: sums [panel][4][lane]. Twelve chains keep two multiply-adds per
    /// cycle busy; the weights come from memory as they are added.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void FourPanels(
        float* w0, nint stride, float* b, float* x, nint inputs, float* h, nint hidden, float* sums)
    {
        int width = TLanes.Width;
        float* w1 = w0 + stride, w2 = w1 + stride, w3 = w2 + stride;
        TVector r0 = TLanes.Load(b), z0 = TLanes.Load(b + width), n0 = TLanes.Load(b + 2 * width);
        TVector r1 = TLanes.Load(b + 4 * width), z1 = TLanes.Load(b + 5 * width), n1 = TLanes.Load(b + 6 * width);
        TVector r2 = TLanes.Load(b + 8 * width), z2 = TLanes.Load(b + 9 * width), n2 = TLanes.Load(b + 10 * width);
        TVector r3 = TLanes.Load(b + 12 * width), z3 = TLanes.Load(b + 13 * width), n3 = TLanes.Load(b + 14 * width);
        float* end = x + inputs;
        do
        {
            TVector c = TLanes.All(*x);
            r0 = TLanes.MultiplyAdd(TLanes.Load(w0), c, r0);
            z0 = TLanes.MultiplyAdd(TLanes.Load(w0 + width), c, z0);
            n0 = TLanes.MultiplyAdd(TLanes.Load(w0 + 2 * width), c, n0);
            r1 = TLanes.MultiplyAdd(TLanes.Load(w1), c, r1);
            z1 = TLanes.MultiplyAdd(TLanes.Load(w1 + width), c, z1);
            n1 = TLanes.MultiplyAdd(TLanes.Load(w1 + 2 * width), c, n1);
            r2 = TLanes.MultiplyAdd(TLanes.Load(w2), c, r2);
            z2 = TLanes.MultiplyAdd(TLanes.Load(w2 + width), c, z2);
            n2 = TLanes.MultiplyAdd(TLanes.Load(w2 + 2 * width), c, n2);
            r3 = TLanes.MultiplyAdd(TLanes.Load(w3), c, r3);
            z3 = TLanes.MultiplyAdd(TLanes.Load(w3 + width), c, z3);
            n3 = TLanes.MultiplyAdd(TLanes.Load(w3 + 2 * width), c, n3);
            w0 += 3 * width;
            w1 += 3 * width;
            w2 += 3 * width;
            w3 += 3 * width;
        }
        while (++x < end);
        TLanes.Store(n0, sums + 2 * width);
        TLanes.Store(n1, sums + 6 * width);
        TLanes.Store(n2, sums + 10 * width);
        TLanes.Store(n3, sums + 14 * width);
        n0 = TLanes.Load(b + 3 * width);
        n1 = TLanes.Load(b + 7 * width);
        n2 = TLanes.Load(b + 11 * width);
        n3 = TLanes.Load(b + 15 * width);
        end = h + hidden;
        do
        {
            TVector c = TLanes.All(*h);
            r0 = TLanes.MultiplyAdd(TLanes.Load(w0), c, r0);
            z0 = TLanes.MultiplyAdd(TLanes.Load(w0 + width), c, z0);
            n0 = TLanes.MultiplyAdd(TLanes.Load(w0 + 2 * width), c, n0);
            r1 = TLanes.MultiplyAdd(TLanes.Load(w1), c, r1);
            z1 = TLanes.MultiplyAdd(TLanes.Load(w1 + width), c, z1);
            n1 = TLanes.MultiplyAdd(TLanes.Load(w1 + 2 * width), c, n1);
            r2 = TLanes.MultiplyAdd(TLanes.Load(w2), c, r2);
            z2 = TLanes.MultiplyAdd(TLanes.Load(w2 + width), c, z2);
            n2 = TLanes.MultiplyAdd(TLanes.Load(w2 + 2 * width), c, n2);
            r3 = TLanes.MultiplyAdd(TLanes.Load(w3), c, r3);
            z3 = TLanes.MultiplyAdd(TLanes.Load(w3 + width), c, z3);
            n3 = TLanes.MultiplyAdd(TLanes.Load(w3 + 2 * width), c, n3);
            w0 += 3 * width;
            w1 += 3 * width;
            w2 += 3 * width;
            w3 += 3 * width;
        }
        while (++h < end);
        TLanes.Store(r0, sums);
        TLanes.Store(z0, sums + width);
        TLanes.Store(n0, sums + 3 * width);
        TLanes.Store(r1, sums + 4 * width);
        TLanes.Store(z1, sums + 5 * width);
        TLanes.Store(n1, sums + 7 * width);
        TLanes.Store(r2, sums + 8 * width);
        TLanes.Store(z2, sums + 9 * width);
        TLanes.Store(n2, sums + 11 * width);
        TLanes.Store(r3, sums + 12 * width);
        TLanes.Store(z3, sums + 13 * width);
        TLanes.Store(n3, sums + 15 * width);
    }

    /// <summary>One panel for eight streams, whose rows are a stride apart: sums [stream][4][lane].</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void EightStreams(
        float* w, float* b, float* x, nint stride, nint inputs, nint hidden, float* sums)
    {
        int width = TLanes.Width;
        float* x0 = x + inputs, x1 = x0 + stride, x2 = x1 + stride, x3 = x2 + stride;
        float* x4 = x3 + stride, x5 = x4 + stride, x6 = x5 + stride, x7 = x6 + stride;
        TVector r0 = TLanes.Load(b), z0 = TLanes.Load(b + width), n0 = TLanes.Load(b + 2 * width);
        TVector r1 = r0, r2 = r0, r3 = r0, r4 = r0, r5 = r0, r6 = r0, r7 = r0;
        TVector z1 = z0, z2 = z0, z3 = z0, z4 = z0, z5 = z0, z6 = z0, z7 = z0;
        TVector n1 = n0, n2 = n0, n3 = n0, n4 = n0, n5 = n0, n6 = n0, n7 = n0;
        nint k = -inputs;
        do
        {
            TVector r = TLanes.Load(w), z = TLanes.Load(w + width), n = TLanes.Load(w + 2 * width);
            TVector c = TLanes.All(x0[k]);
            r0 = TLanes.MultiplyAdd(r, c, r0);
            z0 = TLanes.MultiplyAdd(z, c, z0);
            n0 = TLanes.MultiplyAdd(n, c, n0);
            c = TLanes.All(x1[k]);
            r1 = TLanes.MultiplyAdd(r, c, r1);
            z1 = TLanes.MultiplyAdd(z, c, z1);
            n1 = TLanes.MultiplyAdd(n, c, n1);
            c = TLanes.All(x2[k]);
            r2 = TLanes.MultiplyAdd(r, c, r2);
            z2 = TLanes.MultiplyAdd(z, c, z2);
            n2 = TLanes.MultiplyAdd(n, c, n2);
            c = TLanes.All(x3[k]);
            r3 = TLanes.MultiplyAdd(r, c, r3);
            z3 = TLanes.MultiplyAdd(z, c, z3);
            n3 = TLanes.MultiplyAdd(n, c, n3);
            c = TLanes.All(x4[k]);
            r4 = TLanes.MultiplyAdd(r, c, r4);
            z4 = TLanes.MultiplyAdd(z, c, z4);
            n4 = TLanes.MultiplyAdd(n, c, n4);
            c = TLanes.All(x5[k]);
            r5 = TLanes.MultiplyAdd(r, c, r5);
            z5 = TLanes.MultiplyAdd(z, c, z5);
            n5 = TLanes.MultiplyAdd(n, c, n5);
            c = TLanes.All(x6[k]);
            r6 = TLanes.MultiplyAdd(r, c, r6);
            z6 = TLanes.MultiplyAdd(z, c, z6);
            n6 = TLanes.MultiplyAdd(n, c, n6);
            c = TLanes.All(x7[k]);
            r7 = TLanes.MultiplyAdd(r, c, r7);
            z7 = TLanes.MultiplyAdd(z, c, z7);
            n7 = TLanes.MultiplyAdd(n, c, n7);
            w += 3 * width;
        }
        while (++k < 0);
        TLanes.Store(n0, sums + 2 * width);
        TLanes.Store(n1, sums + 6 * width);
        TLanes.Store(n2, sums + 10 * width);
        TLanes.Store(n3, sums + 14 * width);
        TLanes.Store(n4, sums + 18 * width);
        TLanes.Store(n5, sums + 22 * width);
        TLanes.Store(n6, sums + 26 * width);
        TLanes.Store(n7, sums + 30 * width);
        n0 = TLanes.Load(b + 3 * width);
        n1 = n0;
        n2 = n0;
        n3 = n0;
        n4 = n0;
        n5 = n0;
        n6 = n0;
        n7 = n0;
        do
        {
            TVector r = TLanes.Load(w), z = TLanes.Load(w + width), n = TLanes.Load(w + 2 * width);
            TVector c = TLanes.All(x0[k]);
            r0 = TLanes.MultiplyAdd(r, c, r0);
            z0 = TLanes.MultiplyAdd(z, c, z0);
            n0 = TLanes.MultiplyAdd(n, c, n0);
            c = TLanes.All(x1[k]);
            r1 = TLanes.MultiplyAdd(r, c, r1);
            z1 = TLanes.MultiplyAdd(z, c, z1);
            n1 = TLanes.MultiplyAdd(n, c, n1);
            c = TLanes.All(x2[k]);
            r2 = TLanes.MultiplyAdd(r, c, r2);
            z2 = TLanes.MultiplyAdd(z, c, z2);
            n2 = TLanes.MultiplyAdd(n, c, n2);
            c = TLanes.All(x3[k]);
            r3 = TLanes.MultiplyAdd(r, c, r3);
            z3 = TLanes.MultiplyAdd(z, c, z3);
            n3 = TLanes.MultiplyAdd(n, c, n3);
            c = TLanes.All(x4[k]);
            r4 = TLanes.MultiplyAdd(r, c, r4);
            z4 = TLanes.MultiplyAdd(z, c, z4);
            n4 = TLanes.MultiplyAdd(n, c, n4);
            c = TLanes.All(x5[k]);
            r5 = TLanes.MultiplyAdd(r, c, r5);
            z5 = TLanes.MultiplyAdd(z, c, z5);
            n5 = TLanes.MultiplyAdd(n, c, n5);
            c = TLanes.All(x6[k]);
            r6 = TLanes.MultiplyAdd(r, c, r6);
            z6 = TLanes.MultiplyAdd(z, c, z6);
            n6 = TLanes.MultiplyAdd(n, c, n6);
            c = TLanes.All(x7[k]);
            r7 = TLanes.MultiplyAdd(r, c, r7);
            z7 = TLanes.MultiplyAdd(z, c, z7);
            n7 = TLanes.MultiplyAdd(n, c, n7);
            w += 3 * width;
        }
        while (++k < hidden);
        TLanes.Store(r0, sums);
        TLanes.Store(z0, sums + width);
        TLanes.Store(n0, sums + 3 * width);
        TLanes.Store(r1, sums + 4 * width);
        TLanes.Store(z1, sums + 5 * width);
        TLanes.Store(n1, sums + 7 * width);
        TLanes.Store(r2, sums + 8 * width);
        TLanes.Store(z2, sums + 9 * width);
        TLanes.Store(n2, sums + 11 * width);
        TLanes.Store(r3, sums + 12 * width);
        TLanes.Store(z3, sums + 13 * width);
        TLanes.Store(n3, sums + 15 * width);
        TLanes.Store(r4, sums + 16 * width);
        TLanes.Store(z4, sums + 17 * width);
        TLanes.Store(n4, sums + 19 * width);
        TLanes.Store(r5, sums + 20 * width);
        TLanes.Store(z5, sums + 21 * width);
        TLanes.Store(n5, sums + 23 * width);
        TLanes.Store(r6, sums + 24 * width);
        TLanes.Store(z6, sums + 25 * width);
        TLanes.Store(n6, sums + 27 * width);
        TLanes.Store(r7, sums + 28 * width);
        TLanes.Store(z7, sums + 29 * width);
        TLanes.Store(n7, sums + 31 * width);
    }
}
