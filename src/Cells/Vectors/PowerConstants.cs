using System.Runtime.InteropServices;

namespace Realtime.Cells.Vectors;

/// <summary>What <see cref="Powers{TLanes,TVector}"/> is made with: 2^r as a polynomial, and the limit of x.</summary>
internal static unsafe class PowerConstants
{
    public const float C1 = 0.693147004f;
    public const float C2 = 0.240222409f;
    public const float C3 = 0.0555073507f;
    public const float C4 = 0.00967161916f;
    public const float C5 = 0.00132645911f;
    public const float Limit = 30;
    public const float TwoLogTwoOfE = 2.88539008f;

    /// <summary>
    /// 1, the coefficients, and the limits, in memory for as long as the program lasts. What the compiler knows to be
    /// constant it loads anew in every turn of a loop, and the loads are then what the loop waits for.
    /// </summary>
    public static float* Pointer { get; } = Fill(1, C1, C2, C3, C4, C5, -Limit, Limit);

    private static float* Fill(params ReadOnlySpan<float> constants)
    {
        var pointer = (float*)NativeMemory.AlignedAlloc((nuint)constants.Length * sizeof(float), 64);
        constants.CopyTo(new Span<float>(pointer, constants.Length));
        return pointer;
    }
}
