using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Realtime.Cells.Adaptive;

/// <summary>
/// Sums and sums of products of packed floats, of any length and alignment, with the same bits on every machine: always
/// eight sums with fused steps, however wide the machine's own vectors are.
/// </summary>
/// <remarks>Up to <see cref="Slack"/> floats behind an array are read, and written back as they were; they are finite.
/// </remarks>
internal static unsafe class FixedOrder
{
    public const int Lanes = 8;

    /// <summary>Floats behind the last array that must be there.</summary>
    public const int Slack = Lanes;

    private static ReadOnlySpan<int> Masks => [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>All bits in the first <paramref name="count"/> lanes, 0 to 8.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> First(int count)
    {
        ref int masks = ref Unsafe.AsRef(in Masks[0]);
        return Vector256.LoadUnsafe(ref masks, (nuint)(Lanes - count)).AsSingle();
    }

    /// <summary>Σ a·b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Dot(float* a, float* b, int count)
    {
        Vector256<float> sum = Vector256<float>.Zero;
        int i = 0;
        for (; i + Lanes <= count; i += Lanes)
            sum = Vector256.FusedMultiplyAdd(Vector256.Load(a + i), Vector256.Load(b + i), sum);
        if (i < count)
        {
            Vector256<float> mask = First(count - i);
            sum = Vector256.FusedMultiplyAdd(Vector256.Load(a + i) & mask, Vector256.Load(b + i) & mask, sum);
        }

        return Sum(sum);
    }

    /// <summary>to += factor · a, limited to ±limit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddScaled(float* to, float factor, float* a, int count, float limit)
    {
        Vector256<float> all = Vector256.Create(factor), high = Vector256.Create(limit), low = -high;
        int i = 0;
        for (; i + Lanes <= count; i += Lanes)
        {
            Vector256<float> sum = Vector256.FusedMultiplyAdd(all, Vector256.Load(a + i), Vector256.Load(to + i));
            Vector256.Min(high, Vector256.Max(low, sum)).Store(to + i);
        }

        if (i == count) return;
        Vector256<float> mask = First(count - i), before = Vector256.Load(to + i);
        Vector256<float> last = Vector256.FusedMultiplyAdd(all, Vector256.Load(a + i), before);
        last = Vector256.Min(high, Vector256.Max(low, last));
        Vector256.ConditionalSelect(mask, last, before).Store(to + i);
    }

    /// <summary>a ·= factor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scale(float* a, float factor, int count)
    {
        Vector256<float> all = Vector256.Create(factor);
        int i = 0;
        for (; i + Lanes <= count; i += Lanes) (all * Vector256.Load(a + i)).Store(a + i);
        for (; i < count; i++) a[i] *= factor;
    }

    /// <summary>The sum of the lanes, in one order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector256<float> lanes)
    {
        Vector128<float> four = lanes.GetLower() + lanes.GetUpper();
        four += Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1));
        return four[0] + four[1];
    }
}
