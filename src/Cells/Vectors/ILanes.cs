namespace Realtime.Cells.Vectors;

/// <summary>
/// What the kernels need of a vector of floats, so that they are written once for every width. Each lane does the same
/// IEEE operation at every width, so that a unit's result does not depend on the width.
/// </summary>
internal unsafe interface ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>Floats per vector: 4, 8 or 16.</summary>
    static abstract int Width { get; }

    /// <param name="from">On a boundary of the vector's size, as for <see cref="Store"/>.</param>
    static abstract TVector Load(float* from);

    static abstract void Store(TVector value, float* to);

    /// <summary>The same value in every lane.</summary>
    static abstract TVector All(float value);

    static abstract TVector Add(TVector a, TVector b);
    static abstract TVector Subtract(TVector a, TVector b);
    static abstract TVector Multiply(TVector a, TVector b);
    static abstract TVector Divide(TVector a, TVector b);

    /// <summary>a · b + c with one rounding.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);

    /// <summary>The value limited to low…high; a NaN stays one.</summary>
    static abstract TVector Clamp(TVector value, TVector low, TVector high);

    static abstract TVector Absolute(TVector value);

    /// <summary>The size of one with the sign of the other.</summary>
    static abstract TVector WithSign(TVector size, TVector sign);

    /// <summary>Per lane: a &lt; b ? yes : no; no where a is NaN.</summary>
    static abstract TVector WhereLess(TVector a, TVector b, TVector yes, TVector no);

    /// <summary>
    /// 2^n where the low bits of each float's mantissa hold the integer n; see <see
    /// cref="LaneMath{TLanes,TVector}.Exp"/>.
    /// </summary>
    static abstract TVector PowerOfTwo(TVector n);
}
