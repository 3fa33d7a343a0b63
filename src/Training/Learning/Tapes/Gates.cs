using System.Runtime.CompilerServices;
using Realtime.Cells.Vectors;

namespace Realtime.Training.Learning.Tapes;

/// <summary>The logistic function, tanh, and their derivatives by the function's value.</summary>
internal static class Gates<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    private const float LogTwoOfE = 1.44269504f;

    /// <summary>1 / (1 + e^−x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Sigmoid(in Powers<TLanes, TVector> powers, TVector x) => TLanes.Divide(
        powers.One, TLanes.Add(powers.One, powers.Of(TLanes.Multiply(x, TLanes.All(-LogTwoOfE)))));

    /// <summary>(B − 1) / (B + 1), B = e^2x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Tanh(in Powers<TLanes, TVector> powers, TVector x)
    {
        var power = powers.ExpOfTwice(x);
        return TLanes.Divide(TLanes.Subtract(power, powers.One), TLanes.Add(power, powers.One));
    }

    /// <summary>δ y (1 − y), for y = σ(a).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector SigmoidBack(TVector y, TVector delta) =>
        TLanes.Multiply(delta, TLanes.Multiply(y, TLanes.Subtract(TLanes.All(1), y)));

    /// <summary>δ (1 − y²), for y = tanh(a).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector TanhBack(TVector y, TVector delta) =>
        TLanes.Multiply(delta, TLanes.Subtract(TLanes.All(1), TLanes.Multiply(y, y)));
}
