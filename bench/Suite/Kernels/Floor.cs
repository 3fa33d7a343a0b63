using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Realtime.Bench.Suite.Kernels;

/// <summary>
/// The least that a step in 512-bit vectors can cost on this machine: its multiply-adds at the rate that registers
/// alone allow, and its activations as a tanh of full accuracy costs. Both over 16 floats, in nanoseconds.
/// </summary>
internal static class Floor
{
    private const int Repeats = 4096;

    public static bool IsMeasurable => Vector512.IsHardwareAccelerated;

    /// <summary>What one stream-step of a GRU with one input has to do at least.</summary>
    public static double OfGru(int hidden, double multiplyAdd, double tanh)
    {
        var vectors = 3.0 * hidden / 16;
        return vectors * (1 + hidden) * multiplyAdd + vectors * tanh;
    }

    /// <summary>16 multiply-adds; 12 independent chains hide their latency.</summary>
    public static double MultiplyAdd(double milliseconds) => Time(milliseconds, 12 * Repeats, MultiplyAdds);

    /// <summary>16 hyperbolic tangents; 4 independent ones hide their latency.</summary>
    public static double Tanh(double milliseconds) => Time(milliseconds, 4 * Repeats, Tanhs);

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
        Vector512<float> a = Vector512.Create(seed), b = Vector512.Create(0.25f);
        Vector512<float> s0 = a, s1 = a, s2 = a, s3 = a, s4 = a, s5 = a;
        Vector512<float> s6 = a, s7 = a, s8 = a, s9 = a, s10 = a, s11 = a;
        for (var i = 0; i < Repeats; i++)
        {
            s0 = Vector512.FusedMultiplyAdd(s0, b, a);
            s1 = Vector512.FusedMultiplyAdd(s1, b, a);
            s2 = Vector512.FusedMultiplyAdd(s2, b, a);
            s3 = Vector512.FusedMultiplyAdd(s3, b, a);
            s4 = Vector512.FusedMultiplyAdd(s4, b, a);
            s5 = Vector512.FusedMultiplyAdd(s5, b, a);
            s6 = Vector512.FusedMultiplyAdd(s6, b, a);
            s7 = Vector512.FusedMultiplyAdd(s7, b, a);
            s8 = Vector512.FusedMultiplyAdd(s8, b, a);
            s9 = Vector512.FusedMultiplyAdd(s9, b, a);
            s10 = Vector512.FusedMultiplyAdd(s10, b, a);
            s11 = Vector512.FusedMultiplyAdd(s11, b, a);
        }

        return Vector512.Sum(s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9 + s10 + s11) / 192;
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static float Tanhs(float seed)
    {
        Vector512<float> a = Vector512.Create(seed), b = a + a, c = a - b, d = a + b;
        for (var i = 0; i < Repeats; i++)
        {
            a = Tanh(a);
            b = Tanh(b);
            c = Tanh(c);
            d = Tanh(d);
        }

        return 0.5f + Vector512.Sum(a + b + c + d) / 128;
    }

    // 1 - 2 / (e^2x + 1); e^y by y = n ln 2 + r, 2^n and a polynomial of degree 6 in r.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Tanh(Vector512<float> x)
    {
        Vector512<float> one = Vector512.Create(1f), shift = Vector512.Create(12582912f);
        var y = Vector512.MinNative(Vector512.Create(30f), Vector512.MaxNative(Vector512.Create(-30f), x + x));
        var shifted = Vector512.FusedMultiplyAdd(y, Vector512.Create(1.44269504f), shift);
        var r = Vector512.FusedMultiplyAdd(shifted - shift, Vector512.Create(-0.693147181f), y);
        var p = Vector512.FusedMultiplyAdd(r, Vector512.Create(1f / 720), Vector512.Create(1f / 120));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1f / 24));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1f / 6));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(0.5f));
        p = Vector512.FusedMultiplyAdd(p, r, one);
        p = Vector512.FusedMultiplyAdd(p, r, one);
        var power = (Vector512.ShiftLeft(shifted.AsInt32(), 23) + one.AsInt32()).AsSingle();
        return one - Vector512.Create(2f) / Vector512.FusedMultiplyAdd(p, power, one);
    }
}
