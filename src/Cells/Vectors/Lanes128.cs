using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Realtime.Cells.Vectors;

/// <summary>4 lanes.</summary>
internal readonly unsafe struct Lanes128 : ILanes<Vector128<float>>
{
    public static int Width => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(float* from) => Vector128.Load(from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<float> value, float* to) => value.Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> All(float value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Add(Vector128<float> a, Vector128<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Subtract(Vector128<float> a, Vector128<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Multiply(Vector128<float> a, Vector128<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Divide(Vector128<float> a, Vector128<float> b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> MultiplyAdd(Vector128<float> a, Vector128<float> b, Vector128<float> c) =>
        Vector128.FusedMultiplyAdd(a, b, c);

    // The value comes second: x86 gives the second operand where one is NaN, and AdvSimd gives the NaN.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Clamp(Vector128<float> value, Vector128<float> low, Vector128<float> high) =>
        Vector128.MinNative(high, Vector128.MaxNative(low, value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Round(Vector128<float> value) => Vector128.Round(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> PowerOfTwo(Vector128<float> n) =>
        (Vector128.ShiftLeft(n.AsInt32(), 23) + Vector128.Create(1f).AsInt32()).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Scale(Vector128<float> value, Vector128<float> n) =>
        (value.AsInt32() + Vector128.ShiftLeft((n + Vector128.Create(LaneMath.RoundingShift)).AsInt32(), 23))
            .AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float First(Vector128<float> value) => value.ToScalar();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Dot(float* a, float* b, int count)
    {
        Vector128<float> sum0 = Vector128<float>.Zero, sum1 = sum0, sum2 = sum0, sum3 = sum0;
        for (float* end = a + count; a < end; a += 16, b += 16)
        {
            sum0 = Vector128.FusedMultiplyAdd(Vector128.Load(a), Vector128.Load(b), sum0);
            sum1 = Vector128.FusedMultiplyAdd(Vector128.Load(a + 4), Vector128.Load(b + 4), sum1);
            sum2 = Vector128.FusedMultiplyAdd(Vector128.Load(a + 8), Vector128.Load(b + 8), sum2);
            sum3 = Vector128.FusedMultiplyAdd(Vector128.Load(a + 12), Vector128.Load(b + 12), sum3);
        }

        return sum0 + sum2 + (sum1 + sum3);
    }
}
