using System.Runtime.CompilerServices;

namespace Realtime.Cells.Vectors;

/// <summary>From the powers of an lstm layer's sums, which are exponents (see <see cref="PowerScale"/>), to c' and h'.
/// </summary>
internal static class LstmGates<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>
    /// c' = f∘c + i∘g for i = 1 / (1 + I), f = 1 / (1 + F) and g = (G − 1) / (G + 1), with one division for i∘g. One
    /// for all would multiply c by powers: a large one beyond the largest float.
    /// </summary>
    /// <param name="one">1.</param>
    /// <param name="i">I, the power of i's sum.</param>
    /// <param name="f">F, the power of f's sum.</param>
    /// <param name="g">G, the power of g's sum.</param>
    /// <param name="c">The old cell state.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Cell(TVector one, TVector i, TVector f, TVector g, TVector c)
    {
        TVector above = TLanes.Add(g, one), below = TLanes.Subtract(g, one);
        return TLanes.Add(
            TLanes.Divide(c, TLanes.Add(one, f)), TLanes.Divide(below, TLanes.MultiplyAdd(i, above, above)));
    }

    /// <summary>h' = o∘tanh(c') with one division for o = 1 / (1 + O) and tanh(c') = (B − 1) / (B + 1): it is
    /// (B − 1) / ((1 + O) (B + 1)).</summary>
    /// <param name="one">1.</param>
    /// <param name="o">O, the power of o's sum.</param>
    /// <param name="b">B = e^(2 c').</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Hidden(TVector one, TVector o, TVector b)
    {
        TVector above = TLanes.Add(b, one);
        return TLanes.Divide(TLanes.Subtract(b, one), TLanes.MultiplyAdd(o, above, above));
    }
}
