namespace Realtime.Cells.Tests.Support;

/// <summary>How far two series of numbers are apart: the largest |a − b| / max(1, |b|).</summary>
internal static class Agreement
{
    public static double Worst(ReadOnlySpan<float> actual, ReadOnlySpan<float> expected)
    {
        Assert.Equal(expected.Length, actual.Length);
        double worst = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            double error = Math.Abs((double)actual[i] - expected[i]) / Math.Max(1, Math.Abs((double)expected[i]));
            // A NaN must not pass as a small error.
            worst = double.IsNaN(error) ? double.PositiveInfinity : Math.Max(worst, error);
        }

        return worst;
    }

    public static void Within(double tolerance, ReadOnlySpan<float> actual, ReadOnlySpan<float> expected, string what)
    {
        double worst = Worst(actual, expected);
        Assert.True(worst <= tolerance, $"{what}: off by {worst:e2}, allowed {tolerance:e1}");
    }

    public static void SameBits(ReadOnlySpan<float> actual, ReadOnlySpan<float> expected, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < actual.Length; i++)
        {
            Assert.True(BitConverter.SingleToInt32Bits(actual[i]) == BitConverter.SingleToInt32Bits(expected[i]),
                $"{what}: float {i} is {actual[i]:r}, expected {expected[i]:r}");
        }
    }
}
