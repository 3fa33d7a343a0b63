using System.Runtime.CompilerServices;

namespace Realtime.Cells.Vectors;

/// <summary>
/// Powers of two, which the gates are made of. It holds its constants, so that a loop can keep them in registers.
/// </summary>
internal readonly unsafe ref struct Powers<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    private readonly TVector _low;
    private readonly TVector _high;
    private readonly TVector _c1;
    private readonly TVector _c2;
    private readonly TVector _c3;
    private readonly TVector _c4;
    private readonly TVector _c5;

    /// <summary>For a loop.</summary>
    /// <param name="constants"><see cref="PowerConstants.Pointer"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Powers(float* constants)
    {
        One = TLanes.All(constants[0]);
        _c1 = TLanes.All(constants[1]);
        _c2 = TLanes.All(constants[2]);
        _c3 = TLanes.All(constants[3]);
        _c4 = TLanes.All(constants[4]);
        _c5 = TLanes.All(constants[5]);
        _low = TLanes.All(constants[6]);
        _high = TLanes.All(constants[7]);
    }

    /// <summary>For straight code.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Powers()
    {
        One = TLanes.All(1);
        _c1 = TLanes.All(PowerConstants.C1);
        _c2 = TLanes.All(PowerConstants.C2);
        _c3 = TLanes.All(PowerConstants.C3);
        _c4 = TLanes.All(PowerConstants.C4);
        _c5 = TLanes.All(PowerConstants.C5);
        _low = TLanes.All(-PowerConstants.Limit);
        _high = TLanes.All(PowerConstants.Limit);
    }

    public TVector One { get; }

    /// <summary>
    /// 2^x for x limited to ±30, where sigmoid and tanh made of it no longer change: x = n + r, |r| ≤ 1/2, and 2^r is a
    /// polynomial that is off by 9e-8 of itself. 1 for 0. Two such powers multiplied are still far from the largest
    /// float, so that gates can share a division.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Of(TVector x)
    {
        x = TLanes.Clamp(x, _low, _high);
        TVector n = TLanes.Round(x), r = TLanes.Subtract(x, n);
        TVector square = TLanes.Multiply(r, r);
        TVector low = TLanes.MultiplyAdd(r, _c1, One);
        TVector middle = TLanes.MultiplyAdd(r, _c3, _c2);
        TVector high = TLanes.MultiplyAdd(r, _c5, _c4);
        high = TLanes.MultiplyAdd(high, square, middle);
        return TLanes.Scale(TLanes.MultiplyAdd(high, square, low), n);
    }

    /// <summary>Two vectors one behind the other, in place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void OfTwo(float* at, int width)
    {
        TVector first = Of(TLanes.Load(at)), second = Of(TLanes.Load(at + width));
        TLanes.Store(first, at);
        TLanes.Store(second, at + width);
    }

    /// <summary>e^2x, likewise.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector ExpOfTwice(TVector x) => Of(TLanes.Multiply(x, TLanes.All(PowerConstants.TwoLogTwoOfE)));
}
