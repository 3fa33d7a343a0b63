namespace Realtime.Cells;

/// <summary>Φ⁻¹, the inverse of the standard normal distribution function.</summary>
internal static class NormalQuantile
{
    // Φ⁻¹ of the least level above 0 that a double can tell from 1 − level.
    private const double Largest = 8.2;

    /// <param name="level">In (0, 1).</param>
    public static double Of(double level)
    {
        double low = -Largest, high = Largest;
        for (int halving = 0; halving < 64; halving++)
        {
            double middle = (low + high) / 2;
            if (Below(middle) < level) low = middle;
            else high = middle;
        }

        return (low + high) / 2;
    }

    // Φ(x) = 1/2 + φ(x) · (x + x³/3 + x⁵/(3·5) + …), which follows from Φ' = φ and φ' = −xφ.
    private static double Below(double x)
    {
        double term = x, sum = x;
        for (int odd = 3; Math.Abs(term) > 1e-17 * Math.Abs(sum); odd += 2)
        {
            term *= x * x / odd;
            sum += term;
        }

        return 0.5 + sum * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);
    }
}
