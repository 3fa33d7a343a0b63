using System.Runtime.CompilerServices;

namespace Realtime.Cells.Vectors;

/// <summary>
/// The activation functions in float32, each within 3e-7 of the exact value; a NaN stays one. The same operations in
/// the same order at every width.
/// </summary>
internal static class LaneMath<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>ln 2 in two parts: the first has zeros at its end, so that its multiples up to 2^7 are exact.</summary>
    private const float LogTwoHigh = 0.693359375f;

    private const float LogTwoLow = -2.12194440e-4f;

    private const float TwoLogTwoOfE = 2.88539008f;

    /// <summary>Beyond it e^x or e^−x is not a normal float.</summary>
    private const float LargestExponent = 87f;

    /// <summary>
    /// e^x for x limited to ±87: x = n ln 2 + r, e^x = 2^n e^r, |r| ≤ ln 2 / 2, e^r = 1 + r + r²·p(r).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Exp(TVector x)
    {
        x = TLanes.Clamp(x, TLanes.All(-LargestExponent), TLanes.All(LargestExponent));
        TVector shifted = TLanes.MultiplyAdd(x, TLanes.All(1.44269504f), TLanes.All(LaneMath.RoundingShift));
        TVector n = TLanes.Subtract(shifted, TLanes.All(LaneMath.RoundingShift));
        TVector r = TLanes.MultiplyAdd(n, TLanes.All(-LogTwoHigh), x);
        r = TLanes.MultiplyAdd(n, TLanes.All(-LogTwoLow), r);
        TVector p = TLanes.MultiplyAdd(r, TLanes.All(0.0013933644f), TLanes.All(0.008363175f));
        p = TLanes.MultiplyAdd(p, r, TLanes.All(0.041666467f));
        p = TLanes.MultiplyAdd(p, r, TLanes.All(0.16666576f));
        p = TLanes.MultiplyAdd(p, r, TLanes.All(0.5f));
        TVector one = TLanes.All(1);
        p = TLanes.MultiplyAdd(TLanes.Multiply(p, r), r, TLanes.Add(one, r));
        return TLanes.Multiply(p, TLanes.PowerOfTwo(shifted));
    }

    /// <summary>1 / (1 + e^−x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Sigmoid(TVector x)
    {
        TVector one = TLanes.All(1);
        return TLanes.Divide(one, TLanes.Add(one, Exp(TLanes.Subtract(TLanes.All(0), x))));
    }

    /// <summary>
    /// 2^x for x limited to ±30, where sigmoid and tanh made of it no longer change: x = n + r, |r| ≤ 1/2, and 2^r is a
    /// polynomial that is off by 9e-8 of itself. 1 for 0. Two such powers multiplied are still far from the largest
    /// float, so that gates can share a division.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Power(TVector x)
    {
        x = TLanes.Clamp(x, TLanes.All(-30), TLanes.All(30));
        TVector n = TLanes.Round(x);
        return PowerOfRest(TLanes.Subtract(x, n), n);
    }

    /// <summary>e^2x, as <see cref="Power"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector ExpOfTwice(TVector x)
    {
        const float limit = 30 / TwoLogTwoOfE;
        TVector scale = TLanes.All(TwoLogTwoOfE);
        x = TLanes.Clamp(x, TLanes.All(-limit), TLanes.All(limit));
        TVector n = TLanes.Round(TLanes.Multiply(x, scale));
        return PowerOfRest(TLanes.MultiplySubtract(x, scale, n), n);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector PowerOfRest(TVector r, TVector n)
    {
        TVector square = TLanes.Multiply(r, r);
        TVector low = TLanes.MultiplyAdd(r, TLanes.All(0.693147004f), TLanes.All(1));
        TVector middle = TLanes.MultiplyAdd(r, TLanes.All(0.0555073507f), TLanes.All(0.240222409f));
        TVector high = TLanes.MultiplyAdd(r, TLanes.All(0.00132645911f), TLanes.All(0.00967161916f));
        high = TLanes.MultiplyAdd(high, square, middle);
        return TLanes.Scale(TLanes.MultiplyAdd(high, square, low), n);
    }

    /// <summary>Exactly 0 at 0; within 3e-7 everywhere, though not of itself near 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Tanh(TVector x) => TanhOf(ExpOfTwice(x));

    /// <summary>tanh x, given e^2x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector TanhOf(TVector power)
    {
        TVector one = TLanes.All(1);
        return TLanes.Divide(TLanes.Subtract(power, one), TLanes.Add(power, one));
    }

    /// <summary>Any activation but softmax, which is not a function of one value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Apply(Activation activation, TVector x) => activation switch
    {
        Activation.Sigmoid => Sigmoid(x),
        Activation.Tanh => Tanh(x),
        Activation.Relu => TLanes.Clamp(x, TLanes.All(0), TLanes.All(Scalar.Activations.Limit)),
        _ => TLanes.Clamp(x, TLanes.All(-Scalar.Activations.Limit), TLanes.All(Scalar.Activations.Limit)),
    };
}

/// <summary>What the functions share with the lanes they are made for.</summary>
internal static class LaneMath
{
    /// <summary>
    /// Adding 1.5 · 2^23 rounds to an integer, and leaves that integer in the low bits of the mantissa.
    /// </summary>
    public const float RoundingShift = 12582912f;
}
