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
    public void Sigmoid_and_tanh_are_within_3e7_of_double_at_every_width()
    {
        double worstSigmoid = 0, worstTanh = 0;
        var x = new float[16];
        for (double start = -25; start < 25; start += 16e-5)
        {
            for (int i = 0; i < x.Length; i++) x[i] = (float)(start + 1e-5 * i);
            foreach ((float[] sigmoid, float[] tanh) in EveryWidth(x))
            {
                for (int i = 0; i < x.Length; i++)
                {
                    worstSigmoid = Math.Max(worstSigmoid, Math.Abs(sigmoid[i] - 1 / (1 + Math.Exp(-(double)x[i]))));
                    worstTanh = Math.Max(worstTanh, Math.Abs(tanh[i] - Math.Tanh(x[i])));
                }
            }
        }

        Assert.True(worstSigmoid < Allowed, $"sigmoid off by {worstSigmoid:e2}");
        Assert.True(worstTanh < Allowed, $"tanh off by {worstTanh:e2}");
    }

    [VectorFact]
    public void Ends_of_the_range_are_exact_at_every_width()
    {
        float[] x =
        [
            0, -0f, 1e30f, -1e30f, 100, -100, 9.5f, -9.5f, 1e-38f, -1e-38f, 1e-20f, 88, -88, 87, -87, 3e38f,
            float.Epsilon, -float.Epsilon, 1e-40f, -1e-40f, float.MaxValue, float.MinValue, float.PositiveInfinity,
            float.NegativeInfinity, 1e-10f, -1e-10f, 1e-7f, -1e-7f, 16, -16, 44, -44,
        ];
        foreach ((float[] sigmoid, float[] tanh) in EveryWidth(x))
        {
            Assert.Equal(0.5f, sigmoid[0]);
            Assert.Equal(0, tanh[0]);
            Assert.Equal(1, tanh[2]);
            Assert.Equal(-1, tanh[3]);
            Assert.Equal(1, tanh[6]);
            for (int i = 0; i < x.Length; i++)
            {
                Assert.InRange(sigmoid[i], 0, 1);
                Assert.InRange(tanh[i], -1, 1);
                Assert.Equal(1 / (1 + Math.Exp(-(double)x[i])), sigmoid[i], Allowed);
                Assert.Equal(Math.Tanh(x[i]), tanh[i], Allowed);
            }
        }
    }

    [VectorFact]
    public void Gates_of_exponents_are_within_3e7_of_double()
    {
        double worstSigmoid = 0, worstTanh = 0;
        var x = new float[16];
        for (double start = -35; start < 35; start += 16e-5)
        {
            for (int i = 0; i < x.Length; i++) x[i] = (float)(start + 1e-5 * i);
            CheckGates(x, ref worstSigmoid, ref worstTanh);
        }

        float inf = float.PositiveInfinity, tiny = float.Epsilon;
        CheckGates([0, -0f, tiny, -tiny, 1e-40f, -1e-40f, 1e-38f, -1e-38f, 1e-8f, -1e-8f, 127, -127, 1e30f, -1e30f, inf,
            -inf], ref worstSigmoid, ref worstTanh);
        Assert.True(worstSigmoid < Allowed, $"sigmoid off by {worstSigmoid:e2}");
        Assert.True(worstTanh < Allowed, $"tanh off by {worstTanh:e2}");
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

    /// <summary>1 / (1 + 2^x) and (2^x − 1) / (2^x + 1), as the cells make their gates.</summary>
    private static void CheckGates(float[] x, ref double worstSigmoid, ref double worstTanh)
    {
        using var floats = new AlignedFloats(2L * x.Length);
        float* from = floats.Pointer, to = from + x.Length;
        x.CopyTo(floats.Span(0, x.Length));
        for (int i = 0; i < x.Length; i += Lanes128.Width)
        {
            Vector128<float> power = new Powers<Lanes128, Vector128<float>>().Of(Lanes128.Load(from + i));
            Lanes128.Store(Vector128.Create(1f) / (Vector128.Create(1f) + power), to + i);
            Lanes128.Store(LaneMath<Lanes128, Vector128<float>>.TanhOf(power), from + i);
        }

        for (int i = 0; i < x.Length; i++)
        {
            double power = Math.Pow(2, Math.Clamp(x[i], -200, 200));
            worstSigmoid = Math.Max(worstSigmoid, Math.Abs(to[i] - 1 / (1 + power)));
            worstTanh = Math.Max(worstTanh, Math.Abs(from[i] - (power - 1) / (power + 1)));
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
