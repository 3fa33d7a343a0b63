namespace Realtime.Cells.Adaptive;

/// <summary>
/// Logarithms of plain double operations only: the system's own differ in their last bits from machine to machine.
/// </summary>
internal static class SafeLog
{
    private const double Two = 0.693147180559945309417232;
    private const double OneOverTen = 0.434294481903251827651129;

    /// <summary>log₁₀ of a normal number above 0, within 1e-14.</summary>
    public static double TenOf(double x) => Of(x) * OneOverTen;

    /// <summary>
    /// ln x of a normal number above 0: x = 2^n m, ln m = 2 artanh((m − 1)/(m + 1)) for m in √½…√2.
    /// </summary>
    public static double Of(double x)
    {
        long bits = BitConverter.DoubleToInt64Bits(x);
        int n = (int)(bits >> 52) - 1023;
        double m = BitConverter.Int64BitsToDouble(bits & 0xFFFFFFFFFFFFF | 1023L << 52);
        if (m > 1.4142135623730951)
        {
            m *= 0.5;
            n++;
        }

        double r = (m - 1) / (m + 1), square = r * r, sum = 0;
        for (int k = 17; k >= 1; k -= 2) sum = sum * square + 1.0 / k;
        return n * Two + 2 * r * sum;
    }
}
