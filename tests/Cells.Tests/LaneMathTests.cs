using System.Runtime.Intrinsics;
using Realtime.Cells.States;
using Realtime.Cells.Tests.Support;
using Realtime.Cells.Vectors;

namespace Realtime.Cells.Tests;

/// <summary>The vector activation functions against double, over the range in which they change and its ends.</summary>
public sealed unsafe class LaneMathTests
{
    private const double Allowed = 3e-7;

    [VectorFact]
    public void Sigmoid_and_tanh_are_within_3e7_of_double()
    {
        (double sigmoid, double tanh, double relativeTanh) worst = default;
        for (double start = -25; start < 25; start += 16e-5)
        {
            float[] x = Enumerable.Range(0, 16).Select(i => (float)(start + 1e-5 * i)).ToArray();
            (float[] sigmoid, float[] tanh) = Of<Lanes128, Vector128<float>>(x);
            for (int i = 0; i < x.Length; i++)
            {
                double exact = Math.Tanh(x[i]);
                worst.sigmoid = Math.Max(worst.sigmoid, Math.Abs(sigmoid[i] - 1 / (1 + Math.Exp(-(double)x[i]))));
                worst.tanh = Math.Max(worst.tanh, Math.Abs(tanh[i] - exact));
                if (exact != 0) worst.relativeTanh = Math.Max(worst.relativeTanh, Math.Abs(tanh[i] / exact - 1));
            }
        }

        Assert.True(worst.sigmoid < Allowed, $"sigmoid off by {worst.sigmoid:e2}");
        Assert.True(worst.tanh < Allowed, $"tanh off by {worst.tanh:e2}");
        Assert.True(worst.relativeTanh < Allowed, $"tanh off by {worst.relativeTanh:e2} of itself");
    }

    [VectorFact]
    public void Ends_of_the_range_are_exact()
    {
        float[] x = [0, -0f, 1e30f, -1e30f, 100, -100, 9.5f, -9.5f, 1e-38f, -1e-38f, 1e-20f, 88, -88, 87, -87, 3e38f];
        (float[] sigmoid, float[] tanh) = Of<Lanes128, Vector128<float>>(x);
        Assert.Equal(0.5f, sigmoid[0]);
        Assert.Equal(0, tanh[0]);
        Assert.Equal(1, tanh[2]);
        Assert.Equal(-1, tanh[3]);
        Assert.Equal(1, tanh[6]);
        Assert.Equal(1e-20f, tanh[10]);
        for (int i = 0; i < x.Length; i++)
        {
            Assert.InRange(sigmoid[i], 0, 1);
            Assert.InRange(tanh[i], -1, 1);
            Assert.Equal(1 / (1 + Math.Exp(-(double)x[i])), sigmoid[i], 3e-7);
        }
    }

    [VectorFact]
    public void A_NaN_stays_one_at_every_width()
    {
        float[] x = Enumerable.Repeat(float.NaN, 16).ToArray();
        x[3] = 0.25f;
        foreach ((float[] sigmoid, float[] tanh) in EveryWidth(x))
        {
            for (int i = 0; i < x.Length; i++)
            {
                Assert.Equal(i != 3, float.IsNaN(sigmoid[i]));
                Assert.Equal(i != 3, float.IsNaN(tanh[i]));
            }
        }
    }

    [VectorFact]
    public void Every_width_gives_the_same_bits()
    {
        var random = new RandomModels(5);
        for (int round = 0; round < 20_000; round++)
        {
            float[] x = random.Uniforms(16, round % 2 == 0 ? 12 : 1);
            (float[] Sigmoid, float[] Tanh)[] results = EveryWidth(x).ToArray();
            foreach ((float[] sigmoid, float[] tanh) in results)
            {
                Agreement.SameBits(sigmoid, results[0].Sigmoid, "sigmoid");
                Agreement.SameBits(tanh, results[0].Tanh, "tanh");
            }
        }
    }

    private static IEnumerable<(float[] Sigmoid, float[] Tanh)> EveryWidth(float[] x)
    {
        yield return Of<Lanes128, Vector128<float>>(x);
        if (Kernels.Available.Contains(Kernels.Vector256Name)) yield return Of<Lanes256, Vector256<float>>(x);
        if (Kernels.Available.Contains(Kernels.Vector512Name)) yield return Of<Lanes512, Vector512<float>>(x);
    }

    private static (float[] Sigmoid, float[] Tanh) Of<TLanes, TVector>(float[] x)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        using var floats = new AlignedFloats(3L * x.Length);
        float* from = floats.Pointer;
        x.CopyTo(floats.Span(0, x.Length));
        for (int i = 0; i < x.Length; i += TLanes.Width)
        {
            TVector value = TLanes.Load(from + i);
            TLanes.Store(LaneMath<TLanes, TVector>.Sigmoid(value), from + x.Length + i);
            TLanes.Store(LaneMath<TLanes, TVector>.Tanh(value), from + 2 * x.Length + i);
        }

        return (floats.Span(x.Length, x.Length).ToArray(), floats.Span(2 * x.Length, x.Length).ToArray());
    }
}
