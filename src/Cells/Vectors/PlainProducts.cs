using System.Runtime.CompilerServices;

namespace Realtime.Cells.Vectors;

/// <summary>
/// b + W x for panels of one vector. Every lane's sum is one chain of multiply-adds, from the bias on, columns
/// ascending, in every one of these loops.
/// </summary>
internal static unsafe class PlainProducts<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    public const int MostStreams = 8;

    /// <summary>All panels for one stream; sums [panel][lane].</summary>
    public static void One(Panels panels, float* x, nint columns, float* sums)
    {
        int panel = 0;
        for (; panel + 4 <= panels.Count; panel += 4)
        {
            FourPanels(panels.Weights(panel), panels.Stride, panels.Biases(panel), x, columns,
                sums + panel * TLanes.Width);
        }

        if (panel + 2 <= panels.Count)
        {
            TwoPanels(panels.Weights(panel), panels.Stride, panels.Biases(panel), x, columns,
                sums + panel * TLanes.Width);
            panel += 2;
        }

        if (panel < panels.Count)
            OnePanel(panels.Weights(panel), panels.Biases(panel), x, columns, sums + panel * TLanes.Width);
    }

    /// <summary>
    /// All panels for <see cref="MostStreams"/> streams, whose rows and sums are strides apart.
    /// </summary>
    public static void Eight(Panels panels, float* x, nint stride, nint columns, float* sums, nint strideSums)
    {
        for (int panel = 0; panel < panels.Count; panel++)
        {
            EightStreams(panels.Weights(panel), panels.Biases(panel), x, stride, columns, sums, strideSums);
            sums += TLanes.Width;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void FourPanels(float* w0, nint panel, float* b, float* x, nint columns, float* sums)
    {
        int width = TLanes.Width;
        float* w1 = w0 + panel, w2 = w1 + panel, w3 = w2 + panel, end = x + columns;
        TVector sum0 = TLanes.Load(b), sum1 = TLanes.Load(b + width);
        TVector sum2 = TLanes.Load(b + 2 * width), sum3 = TLanes.Load(b + 3 * width);
        do
        {
            TVector c = TLanes.All(*x);
            sum0 = TLanes.MultiplyAdd(TLanes.Load(w0), c, sum0);
            sum1 = TLanes.MultiplyAdd(TLanes.Load(w1), c, sum1);
            sum2 = TLanes.MultiplyAdd(TLanes.Load(w2), c, sum2);
            sum3 = TLanes.MultiplyAdd(TLanes.Load(w3), c, sum3);
            w0 += width;
            w1 += width;
            w2 += width;
            w3 += width;
        }
        while (++x < end);
        TLanes.Store(sum0, sums);
        TLanes.Store(sum1, sums + width);
        TLanes.Store(sum2, sums + 2 * width);
        TLanes.Store(sum3, sums + 3 * width);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void TwoPanels(float* w0, nint panel, float* b, float* x, nint columns, float* sums)
    {
        int width = TLanes.Width;
        float* w1 = w0 + panel, end = x + columns;
        TVector sum0 = TLanes.Load(b), sum1 = TLanes.Load(b + width);
        do
        {
            TVector c = TLanes.All(*x);
            sum0 = TLanes.MultiplyAdd(TLanes.Load(w0), c, sum0);
            sum1 = TLanes.MultiplyAdd(TLanes.Load(w1), c, sum1);
            w0 += width;
            w1 += width;
        }
        while (++x < end);
        TLanes.Store(sum0, sums);
        TLanes.Store(sum1, sums + width);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void OnePanel(float* w, float* b, float* x, nint columns, float* sums)
    {
        TVector sum = TLanes.Load(b);
        float* end = x + columns;
        do
        {
            sum = TLanes.MultiplyAdd(TLanes.Load(w), TLanes.All(*x), sum);
            w += TLanes.Width;
        }
        while (++x < end);
        TLanes.Store(sum, sums);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void EightStreams(
        float* w, float* b, float* x, nint stride, nint columns, float* sums, nint strideSums)
    {
        float* x0 = x + columns, x1 = x0 + stride, x2 = x1 + stride, x3 = x2 + stride;
        float* x4 = x3 + stride, x5 = x4 + stride, x6 = x5 + stride, x7 = x6 + stride;
        TVector sum0 = TLanes.Load(b);
        TVector sum1 = sum0, sum2 = sum0, sum3 = sum0, sum4 = sum0, sum5 = sum0, sum6 = sum0, sum7 = sum0;
        nint k = -columns;
        do
        {
            TVector v = TLanes.Load(w);
            sum0 = TLanes.MultiplyAdd(v, TLanes.All(x0[k]), sum0);
            sum1 = TLanes.MultiplyAdd(v, TLanes.All(x1[k]), sum1);
            sum2 = TLanes.MultiplyAdd(v, TLanes.All(x2[k]), sum2);
            sum3 = TLanes.MultiplyAdd(v, TLanes.All(x3[k]), sum3);
            sum4 = TLanes.MultiplyAdd(v, TLanes.All(x4[k]), sum4);
            sum5 = TLanes.MultiplyAdd(v, TLanes.All(x5[k]), sum5);
            sum6 = TLanes.MultiplyAdd(v, TLanes.All(x6[k]), sum6);
            sum7 = TLanes.MultiplyAdd(v, TLanes.All(x7[k]), sum7);
            w += TLanes.Width;
        }
        while (++k < 0);
        TLanes.Store(sum0, sums);
        TLanes.Store(sum1, sums + strideSums);
        TLanes.Store(sum2, sums + 2 * strideSums);
        TLanes.Store(sum3, sums + 3 * strideSums);
        TLanes.Store(sum4, sums + 4 * strideSums);
        TLanes.Store(sum5, sums + 5 * strideSums);
        TLanes.Store(sum6, sums + 6 * strideSums);
        TLanes.Store(sum7, sums + 7 * strideSums);
    }
}
