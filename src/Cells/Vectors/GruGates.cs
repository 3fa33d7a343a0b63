using System.Runtime.CompilerServices;

namespace Realtime.Cells.Vectors;

/// <summary>From the powers of a gru layer's sums, which are exponents (see <see cref="PowerScale"/>), to h'.</summary>
internal static class GruGates<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>The sum of n, reset after the product: x's part and r times h's part, r = 1 / (1 + A).</summary>
    /// <param name="one">1.</param>
    /// <param name="a">A, the power of r's sum.</param>
    /// <param name="inputs">x's part.</param>
    /// <param name="hidden">h's part.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector New(TVector one, TVector a, TVector inputs, TVector hidden) =>
        TLanes.Add(TLanes.Divide(hidden, TLanes.Add(one, a)), inputs);

    /// <summary>
    /// (1−z)∘n + z∘h with one division for z = 1 / (1 + A) and n = (B − 1) / (B + 1): it is
    /// (A (B − 1) + h (B + 1)) / ((1 + A) (B + 1)).
    /// </summary>
    /// <param name="one">1.</param>
    /// <param name="a">A, the power of z's sum.</param>
    /// <param name="b">B, the power of n's sum.</param>
    /// <param name="h">The old state.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Blend(TVector one, TVector a, TVector b, TVector h)
    {
        TVector above = TLanes.Add(b, one), below = TLanes.Subtract(b, one);
        return TLanes.Divide(
            TLanes.MultiplyAdd(a, below, TLanes.Multiply(h, above)), TLanes.MultiplyAdd(a, above, above));
    }
}
