namespace Realtime.Cells.Scalar;

internal static class Sums
{
    /// <summary>bias + Σ weights[row, k] · x[k] in double, k ascending; weights [rows, x.Length].</summary>
    public static double Affine(ReadOnlySpan<float> weights, int row, ReadOnlySpan<float> x, float bias)
    {
        ReadOnlySpan<float> w = weights.Slice(row * x.Length, x.Length);
        double sum = bias;
        for (int k = 0; k < x.Length; k++) sum += (double)w[k] * x[k];
        return sum;
    }
}
