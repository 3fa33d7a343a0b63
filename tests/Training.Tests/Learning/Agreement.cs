namespace Realtime.Training.Tests.Learning;

/// <summary>Comparison of gradients.</summary>
internal static class Agreement
{
    /// <summary>Every element within 1e-4 of the largest one of its tensor.</summary>
    public static void Relative(double[] expected, float[] actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        var largest = expected.Max(Math.Abs);
        for (var i = 0; i < expected.Length; i++)
        {
            var off = Math.Abs(actual[i] - expected[i]);
            Assert.True(off <= 1e-4 * largest + 1e-9,
                $"{what}[{i}]: found {actual[i]}, expected {expected[i]}, off by {off / largest:g3} of {largest:g3}");
        }
    }
}
