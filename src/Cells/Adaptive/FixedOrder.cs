using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Realtime.Cells.Adaptive;

/// <summary>
/// Sums and sums of products of floats with the same bits on every machine: always eight sums with fused steps, however
/// wide the machine's own vectors are. Arrays lie anywhere and are padded with zeros to a multiple of four.
/// </summary>
internal static unsafe class FixedOrder
{
    public const int Lanes = 8;

    private const int Half = 4;

    private static ReadOnlySpan<int> Masks => [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>All bits in the first <paramref name="count"/> lanes, 0 to 8.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> First(int count) =>
        Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(Masks), (nuint)(Lanes - count)).AsSingle();

    /// <summary>Floats that an array of so many takes.</summary>
    public static int Padded(int count) => (count + Half - 1) & -Half;

    /// <summary>Σ a·b; the count is a padded one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Dot(float* a, float* b, int count)
    {
        Vector256<float> sum = Vector256<float>.Zero;
        int i = 0;
        for (; i + Lanes <= count; i += Lanes)
            sum = Vector256.FusedMultiplyAdd(Vector256.Load(a + i), Vector256.Load(b + i), sum);
        Vector128<float> four = sum.GetLower() + sum.GetUpper();
        if (i < count) four = Vector128.FusedMultiplyAdd(Vector128.Load(a + i), Vector128.Load(b + i), four);
        return Sum(four);
    }

    /// <summary>to += factor · a, limited to ±limit, NaN where the sum is; the count is a padded one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddScaled(float* to, float factor, float* a, int count, float limit)
    {
        Vector256<float> all = Vector256.Create(factor), high = Vector256.Create(limit), low = -high;
        int i = 0;
        // The sum comes second: x86 gives the second operand where one is NaN, and AdvSimd gives the NaN.
        for (; i + Lanes <= count; i += Lanes)
        {
            Vector256<float> sum = Vector256.FusedMultiplyAdd(all, Vector256.Load(a + i), Vector256.Load(to + i));
            Vector256.MinNative(high, Vector256.MaxNative(low, sum)).Store(to + i);
        }

        if (i == count) return;
        Vector128<float> last = Vector128.FusedMultiplyAdd(
            all.GetLower(), Vector128.Load(a + i), Vector128.Load(to + i));
        Vector128.MinNative(high.GetLower(), Vector128.MaxNative(low.GetLower(), last)).Store(to + i);
    }

    /// <summary>a ·= factor, where what has all but vanished becomes 0; the count is a multiple of eight.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Fade(float* a, float factor, int count)
    {
        Vector256<float> all = Vector256.Create(factor), least = Vector256.Create(1e-20f);
        for (int i = 0; i < count; i += Lanes)
        {
            Vector256<float> next = all * Vector256.Load(a + i);
            (next & Vector256.GreaterThan(next, least)).Store(a + i);
        }
    }

    /// <summary>The largest of a and 0; the count is a multiple of eight.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Max(float* a, int count)
    {
        Vector256<float> most = Vector256<float>.Zero;
        for (int i = 0; i < count; i += Lanes) most = Vector256.Max(most, Vector256.Load(a + i));
        Vector128<float> four = Vector128.Max(most.GetLower(), most.GetUpper());
        return MathF.Max(MathF.Max(four[0], four[1]), MathF.Max(four[2], four[3]));
    }

    /// <summary>Σ a; the count is a multiple of eight.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(float* a, int count)
    {
        Vector256<float> sum = Vector256.Load(a);
        for (int i = Lanes; i < count; i += Lanes) sum += Vector256.Load(a + i);
        return Sum(sum.GetLower() + sum.GetUpper());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Sum(Vector128<float> four)
    {
        four += Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1));
        return four[0] + four[1];
    }
}
