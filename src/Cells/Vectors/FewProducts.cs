using System.Runtime.CompilerServices;

namespace Realtime.Cells.Vectors;

/// <summary>
/// The products of one panel of a small matrix: every lane's sum is four chains of multiply-adds, each of every fourth
/// column, so that one stream's do not wait for one another.
/// </summary>
internal static unsafe class FewProducts<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    /// <param name="w">The panel: [column][lane].</param>
    /// <param name="b">A bias for each lane.</param>
    /// <param name="x">The stream's row.</param>
    /// <param name="columns">A multiple of 4.</param>
    /// <param name="y">A sum for each lane.</param>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void OneStream(float* w, float* b, float* x, nint columns, float* y)
    {
        int width = TLanes.Width;
        TVector a0 = TLanes.Load(b), a1 = TLanes.All(0), a2 = a1, a3 = a1;
        for (float* end = x + columns; x < end; x += 4, w += 4 * width)
        {
            a0 = TLanes.MultiplyAdd(TLanes.Load(w), TLanes.All(x[0]), a0);
            a1 = TLanes.MultiplyAdd(TLanes.Load(w + width), TLanes.All(x[1]), a1);
            a2 = TLanes.MultiplyAdd(TLanes.Load(w + 2 * width), TLanes.All(x[2]), a2);
            a3 = TLanes.MultiplyAdd(TLanes.Load(w + 3 * width), TLanes.All(x[3]), a3);
        }

        TLanes.Store(TLanes.Add(TLanes.Add(a0, a1), TLanes.Add(a2, a3)), y);
    }

    /// <summary>The same for two streams, whose rows and sums are strides apart.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void TwoStreams(float* w, float* b, float* x, nint stride, nint columns, float* y, nint strideY)
    {
        int width = TLanes.Width;
        TVector a0 = TLanes.Load(b), a1 = TLanes.All(0), a2 = a1, a3 = a1;
        TVector b0 = a0, b1 = a1, b2 = a1, b3 = a1;
        for (float* end = x + columns; x < end; x += 4, w += 4 * width)
        {
            float* second = x + stride;
            TVector v = TLanes.Load(w);
            a0 = TLanes.MultiplyAdd(v, TLanes.All(x[0]), a0);
            b0 = TLanes.MultiplyAdd(v, TLanes.All(second[0]), b0);
            v = TLanes.Load(w + width);
            a1 = TLanes.MultiplyAdd(v, TLanes.All(x[1]), a1);
            b1 = TLanes.MultiplyAdd(v, TLanes.All(second[1]), b1);
            v = TLanes.Load(w + 2 * width);
            a2 = TLanes.MultiplyAdd(v, TLanes.All(x[2]), a2);
            b2 = TLanes.MultiplyAdd(v, TLanes.All(second[2]), b2);
            v = TLanes.Load(w + 3 * width);
            a3 = TLanes.MultiplyAdd(v, TLanes.All(x[3]), a3);
            b3 = TLanes.MultiplyAdd(v, TLanes.All(second[3]), b3);
        }

        TLanes.Store(TLanes.Add(TLanes.Add(a0, a1), TLanes.Add(a2, a3)), y);
        TLanes.Store(TLanes.Add(TLanes.Add(b0, b1), TLanes.Add(b2, b3)), y + strideY);
    }
}
