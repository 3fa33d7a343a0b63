using System.Runtime.CompilerServices;

namespace Realtime.Cells.Vectors;

/// <summary>From the sums of an lstm layer, which are exponents (see <see cref="PowerScale"/>), to c' and h'.</summary>
internal static class LstmGates<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>c' = f∘c + i∘g, of the sums of i, f and g, and c.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Cell(in Powers<TLanes, TVector> powers, TVector i, TVector f, TVector g, TVector c) =>
        TLanes.Add(
            TLanes.Divide(c, TLanes.Add(powers.One, powers.Of(f))), SigmoidTimesTanh(powers, i, powers.Of(g)));

    /// <summary>h' = o∘tanh(c'), of the sum of o, and c'.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Hidden(in Powers<TLanes, TVector> powers, TVector o, TVector c) =>
        SigmoidTimesTanh(powers, o, powers.ExpOfTwice(c));

    /// <summary>With one division: (B − 1) / ((1 + A) (B + 1)), A the power of the sigmoid's sum.</summary>
    /// <param name="powers">What makes powers.</param>
    /// <param name="sigmoid">The sum of the sigmoid.</param>
    /// <param name="power">B, the power that the tanh is made of.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector SigmoidTimesTanh(in Powers<TLanes, TVector> powers, TVector sigmoid, TVector power)
    {
        TVector one = powers.One, a = powers.Of(sigmoid);
        return TLanes.Divide(
            TLanes.Subtract(power, one), TLanes.Multiply(TLanes.Add(one, a), TLanes.Add(power, one)));
    }
}
