using Realtime.Cells.Adaptive;

namespace Realtime.Cells.Tests.Adaptive;

/// <summary>The bits of the vector forms are those of plain loops that say each step.</summary>
public sealed unsafe class FixedOrderTests
{
    [Fact]
    public void Dot_HasTheBitsOfAPlainLoop()
    {
        var random = new Random(1);
        for (int count = 0; count <= 68; count += 4)
        {
            float[] a = Draw(random, count + 1), b = Draw(random, count + 1);
            fixed (float* x = a, y = b)
                Assert.Equal(Dot(a, b, count), FixedOrder.Dot(x, y, count));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(8)]
    [InlineData(33)]
    [InlineData(42)]
    public void Covariance_HasTheBitsOfAPlainLoop(int features)
    {
        var random = new Random(2);
        using var factors = new Factors(features);
        var u = new float[UdCovariance.Triangle(features)];
        var d = new float[features];
        Array.Fill(d, 1);
        for (int tick = 0; tick < 400; tick++)
        {
            float[] f = Draw(random, features);
            float expected = Update(u, d, f, 0.999f, out float[] gain);
            Assert.Equal(expected, factors.Update(f, 0.999f, out float[] k));
            Assert.Equal(gain, k);
            Assert.Equal(d, factors.D.ToArray());
            Assert.Equal(u, factors.U.ToArray());
        }
    }

    private static float Update(float[] u, float[] d, float[] f, float forgetting, out float[] b)
    {
        b = new float[f.Length];
        float alpha = forgetting;
        int column = 0;
        float[] v = new float[f.Length];
        for (int j = 0; j < f.Length; column += (j + 3) & -4, j++)
        {
            int padded = (j + 3) & -4;
            float[] upper = [.. f, 0, 0, 0];
            v[j] = f[j] + Dot(u[column..(column + padded)], upper, padded);
        }

        column = 0;
        for (int j = 0; j < f.Length; column += (j + 3) & -4, j++)
        {
            float w = d[j] * v[j], before = alpha;
            alpha = MathF.FusedMultiplyAdd(v[j], w, alpha);
            float pull = -v[j] / before;
            d[j] = d[j] * (before / alpha) * (1 / forgetting);
            for (int i = 0; i < j; i++)
            {
                float old = u[column + i];
                u[column + i] = MathF.FusedMultiplyAdd(b[i], pull, old);
                b[i] = MathF.FusedMultiplyAdd(old, w, b[i]);
            }

            b[j] = w;
        }

        return alpha - forgetting;
    }

    private static float Dot(float[] a, float[] b, int count)
    {
        var sums = new float[8];
        int whole = count & -8;
        for (int i = 0; i < whole; i++) sums[i % 8] = MathF.FusedMultiplyAdd(a[i], b[i], sums[i % 8]);
        for (int i = 0; i < 4; i++)
        {
            sums[i] += sums[i + 4];
            if (whole < count) sums[i] = MathF.FusedMultiplyAdd(a[whole + i], b[whole + i], sums[i]);
        }

        return sums[0] + sums[2] + (sums[1] + sums[3]);
    }

    private static float[] Draw(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => (float)(4 * random.NextDouble() - 2))];
}
