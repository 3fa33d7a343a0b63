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

    /// <summary>Exactly 0 at 0; within 3e-7 everywhere, though not of itself near 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Tanh(TVector x) => TanhOf(new Powers<TLanes, TVector>().ExpOfTwice(x));

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
