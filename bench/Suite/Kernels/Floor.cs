using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Realtime.Cells.Vectors;
using CpuKernels = Realtime.Cells.Kernels;

namespace Realtime.Bench.Suite.Kernels;

/// <summary>
/// The least that a step in this machine's widest vectors can cost: its multiply-adds at the rate that registers alone
/// allow, and its activations as a tanh of full accuracy costs.
/// </summary>
internal static class Floor
{
    /// <summary>Nanoseconds that one stream-step of a GRU with one input has to take at least; null where there are no
    /// vectors.</summary>
    /// <param name="hidden">Units, a multiple of 16.</param>
    /// <param name="milliseconds">To measure each part for.</param>
    public static double? OfGru(int hidden, double milliseconds) => CpuKernels.Available[^1] switch
    {
        CpuKernels.Vector512Name => Floor<Lanes512, Vector512<float>>.OfGru(hidden, milliseconds),
        CpuKernels.Vector256Name => Floor<Lanes256, Vector256<float>>.OfGru(hidden, milliseconds),
        CpuKernels.Vector128Name => Floor<Lanes128, Vector128<float>>.OfGru(hidden, milliseconds),
        _ => null,
    };
}

/// <summary>The same in certain vectors.</summary>
internal static class Floor<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    private const int Repeats = 4096;

    public static double OfGru(int hidden, double milliseconds)
    {
        var vectors = 3.0 * hidden / TLanes.Width;
        // 12 independent chains hide the latency of multiply-adds, 4 that of tangents.
        return vectors * (1 + hidden) * Time(milliseconds, 12 * Repeats, MultiplyAdds)
            + vectors * Time(milliseconds, 4 * Repeats, Tanhs);
    }

    private static double Time(double milliseconds, int vectors, Func<float, float> run)
    {
        var (sink, done) = (0.5f, 0L);
        var start = ThreadClock.Nanoseconds;
        double spent;
        do
        {
            sink = run(sink);
            done += vectors;
            spent = ThreadClock.Nanoseconds - start;
        }
        while (spent < 1e6 * milliseconds);
        GC.KeepAlive(sink);
        return spent / done;
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static float MultiplyAdds(float seed)
    {
        TVector a = TLanes.All(seed), b = TLanes.All(0.25f);
        TVector s0 = a, s1 = a, s2 = a, s3 = a, s4 = a, s5 = a;
        TVector s6 = a, s7 = a, s8 = a, s9 = a, s10 = a, s11 = a;
        for (var i = 0; i < Repeats; i++)
        {
            s0 = TLanes.MultiplyAdd(s0, b, a);
            s1 = TLanes.MultiplyAdd(s1, b, a);
            s2 = TLanes.MultiplyAdd(s2, b, a);
            s3 = TLanes.MultiplyAdd(s3, b, a);
            s4 = TLanes.MultiplyAdd(s4, b, a);
            s5 = TLanes.MultiplyAdd(s5, b, a);
            s6 = TLanes.MultiplyAdd(s6, b, a);
            s7 = TLanes.MultiplyAdd(s7, b, a);
            s8 = TLanes.MultiplyAdd(s8, b, a);
            s9 = TLanes.MultiplyAdd(s9, b, a);
            s10 = TLanes.MultiplyAdd(s10, b, a);
            s11 = TLanes.MultiplyAdd(s11, b, a);
        }

        TVector low = Sum(s0, s1, s2, s3), middle = Sum(s4, s5, s6, s7), high = Sum(s8, s9, s10, s11);
        return TLanes.First(TLanes.Add(TLanes.Add(low, middle), high)) / 12;
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static float Tanhs(float seed)
    {
        TVector a = TLanes.All(seed), b = TLanes.Add(a, a), c = TLanes.Subtract(a, b), d = TLanes.Add(a, b);
        for (var i = 0; i < Repeats; i++)
        {
            a = Tanh(a);
            b = Tanh(b);
            c = Tanh(c);
            d = Tanh(d);
        }

        return 0.5f + TLanes.First(Sum(a, b, c, d)) / 8;
    }

    private static TVector Sum(TVector a, TVector b, TVector c, TVector d) =>
        TLanes.Add(TLanes.Add(a, b), TLanes.Add(c, d));

    // 1 - 2 / (e^2x + 1); e^y by y = n ln 2 + r, 2^n and a polynomial of degree 6 in r.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Tanh(TVector x)
    {
        TVector one = TLanes.All(1), shift = TLanes.All(12582912f);
        var y = TLanes.Clamp(TLanes.Add(x, x), TLanes.All(-30), TLanes.All(30));
        var shifted = TLanes.MultiplyAdd(y, TLanes.All(1.44269504f), shift);
        var r = TLanes.MultiplyAdd(TLanes.Subtract(shifted, shift), TLanes.All(-0.693147181f), y);
        var p = TLanes.MultiplyAdd(r, TLanes.All(1f / 720), TLanes.All(1f / 120));
        p = TLanes.MultiplyAdd(p, r, TLanes.All(1f / 24));
        p = TLanes.MultiplyAdd(p, r, TLanes.All(1f / 6));
        p = TLanes.MultiplyAdd(p, r, TLanes.All(0.5f));
        p = TLanes.MultiplyAdd(p, r, one);
        p = TLanes.MultiplyAdd(p, r, one);
        return TLanes.Subtract(
            one, TLanes.Divide(TLanes.All(2), TLanes.MultiplyAdd(p, TLanes.PowerOfTwo(shifted), one)));
    }
}
