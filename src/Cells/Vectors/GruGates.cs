using System.Runtime.CompilerServices;

namespace Realtime.Cells.Vectors;

/// <summary>From the sums of a gru layer, which are exponents (see <see cref="PowerScale"/>), to h'.</summary>
internal static class GruGates<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>The sum of n, reset after the product: x's part and r times h's part.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector New(in Powers<TLanes, TVector> powers, TVector r, TVector inputs, TVector hidden) =>
        TLanes.Add(TLanes.Divide(hidden, TLanes.Add(powers.One, powers.Of(r))), inputs);

    /// <summary>
    /// (1−z)∘n + z∘h with one division for z and n: with the powers A and B of their sums, z = 1 / (1 + A) and
    /// n = (B − 1) / (B + 1), it is (A (B − 1) + h (B + 1)) / ((1 + A) (B + 1)).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Blend(in Powers<TLanes, TVector> powers, TVector z, TVector n, TVector h)
    {
        TVector one = powers.One;
        TVector a = powers.Of(z), b = powers.Of(n);
        TVector above = TLanes.Add(b, one);
        return TLanes.Divide(
            TLanes.MultiplyAdd(a, TLanes.Subtract(b, one), TLanes.Multiply(h, above)),
            TLanes.Multiply(TLanes.Add(one, a), above));
    }
}
