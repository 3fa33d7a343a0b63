using System.Runtime.Intrinsics;

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

    /// <summary>Fastest on a boundary of the vector's size, as <see cref="Store"/> is.</summary>
    static abstract TVector Load(float* from);

    static abstract void Store(TVector value, float* to);

    /// <summary>The same value in every lane.</summary>
    static abstract TVector All(float value);

    /// <summary>The first lane.</summary>
    static abstract float First(TVector value);

    static abstract TVector Add(TVector a, TVector b);
    static abstract TVector Subtract(TVector a, TVector b);
    static abstract TVector Multiply(TVector a, TVector b);
    static abstract TVector Divide(TVector a, TVector b);

    /// <summary>a · b + c with one rounding.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);

    /// <summary>The value limited to low…high; a NaN stays one.</summary>
    static abstract TVector Clamp(TVector value, TVector low, TVector high);

    /// <summary>
    /// 2^n where the low bits of each float's mantissa hold the integer n: it is n + <see
    /// cref="LaneMath.RoundingShift"/>.
    /// </summary>
    static abstract TVector PowerOfTwo(TVector n);

    /// <summary>The nearest integer, the even one of two.</summary>
    static abstract TVector Round(TVector value);

    /// <summary>value · 2^n, exactly, where n is an integer and the result a normal float.</summary>
    static abstract TVector Scale(TVector value, TVector n);

    /// <summary>
    /// The sum of products as 4 sums, made of 16 whatever the width; <see cref="LaneSums"/> adds these, in the same
    /// order everywhere.
    /// </summary>
    /// <param name="a">On a vector boundary.</param>
    /// <param name="b">On a vector boundary.</param>
    /// <param name="count">A multiple of 16.</param>
    static abstract Vector128<float> Dot(float* a, float* b, int count);
}
