using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Realtime.Cells.Adaptive;

/// <summary>
/// The covariance of recursive least squares as P = U D Uᵀ, with U unit upper triangular and D diagonal: symmetric and
/// positive whatever is rounded (Bierman, Factorization Methods for Discrete Sequential Estimation, 1977, chapter V;
/// Thornton and Bierman 1980).
/// </summary>
/// <remarks>
/// Columns of U above the diagonal lie one behind the other, column j with j floats. With v = Uᵀf, w = D v and
/// α_j = α_(j−1) + v_j w_j from α_(−1) = λ on:
/// D_j ← D_j α_(j−1) / α_j, U_ij ← U_ij − b_i v_j / α_(j−1), b_i ← b_i + U_ij w_j; at the end b = P f.
/// </remarks>
internal static unsafe class UdCovariance
{
    /// <summary>P is divided by λ only while its largest diagonal element is below.</summary>
    public const float Largest = 1e4f;

    /// <summary>Elements of D stay above, so that every direction can be learnt again.</summary>
    private const float LeastD = 1e-12f;

    /// <summary>Floats of U for so many features.</summary>
    public static int Triangle(int features) => features * (features - 1) / 2;

    /// <summary>P = I / ridge.</summary>
    public static void Clear(float* u, float* d, int features, float ridge)
    {
        new Span<float>(u, Triangle(features)).Clear();
        new Span<float>(d, features).Fill(1 / ridge);
    }

    /// <summary>
    /// Takes in an observation of features f: P ← (P − k kᵀ / (λ + fᵀk)) / λ with k = P f.
    /// </summary>
    /// <param name="u">U.</param>
    /// <param name="d">D.</param>
    /// <param name="f">Features, and zeros up to a whole vector.</param>
    /// <param name="k">Takes k = P f of the covariance as it was.</param>
    /// <param name="features">Their number, at most <see cref="OnlinePlan.MostFeatures"/>.</param>
    /// <param name="forgetting">λ.</param>
    /// <param name="divides">Whether P is divided by λ.</param>
    /// <param name="diagonal">The largest diagonal element of the new P.</param>
    /// <returns>fᵀ k.</returns>
    [SkipLocalsInit]
    public static float Update(
        float* u, float* d, float* f, float* k, int features, float forgetting, bool divides, out float diagonal)
    {
        int padded = (features + FixedOrder.Lanes - 1) & -FixedOrder.Lanes;
        float* scratch = stackalloc float[6 * padded];
        float* v = scratch, w = v + padded, shrink = w + padded, pull = shrink + padded;
        float* b = pull + padded, squares = b + padded;
        new Span<float>(b, 2 * padded).Clear();

        Project(u, f, v, features);
        float alpha = forgetting;
        for (int j = 0; j < features; j++)
        {
            w[j] = d[j] * v[j];
            float next = MathF.FusedMultiplyAdd(v[j], w[j], alpha);
            shrink[j] = alpha;
            pull[j] = next;
            alpha = next;
        }

        float outer = divides ? 1 / forgetting : 1;
        for (int j = 0; j < features; j++)
        {
            float before = shrink[j], after = pull[j];
            pull[j] = -v[j] / before;
            d[j] = MathF.Max(d[j] * (before / after) * outer, LeastD);
        }

        Rotate(u, d, w, pull, b, squares, features);
        new ReadOnlySpan<float>(b, features).CopyTo(new Span<float>(k, features));
        float largest = 0;
        for (int i = 0; i < features; i++) largest = MathF.Max(largest, squares[i]);
        diagonal = largest;
        return alpha - forgetting;
    }

    /// <summary>v = Uᵀ f.</summary>
    private static void Project(float* u, float* f, float* v, int features)
    {
        for (int j = 0; j < features; u += j, j++) v[j] = f[j] + FixedOrder.Dot(u, f, j);
    }

    /// <summary>The columns of U, b as it grows, and the diagonal of P.</summary>
    private static void Rotate(float* u, float* d, float* w, float* pull, float* b, float* squares, int features)
    {
        for (int j = 0; j < features; u += j, j++)
        {
            Vector256<float> wj = Vector256.Create(w[j]), pj = Vector256.Create(pull[j]), dj = Vector256.Create(d[j]);
            int i = 0;
            for (; i + FixedOrder.Lanes <= j; i += FixedOrder.Lanes)
            {
                Vector256<float> old = Vector256.Load(u + i), bi = Vector256.Load(b + i);
                Vector256<float> now = Vector256.FusedMultiplyAdd(bi, pj, old);
                now.Store(u + i);
                Vector256.FusedMultiplyAdd(old, wj, bi).Store(b + i);
                Vector256.FusedMultiplyAdd(now * dj, now, Vector256.Load(squares + i)).Store(squares + i);
            }

            if (i < j)
            {
                // b is 0 beyond the column: what belongs to the next one is written back as it was.
                Vector256<float> mask = FixedOrder.First(j - i);
                Vector256<float> old = Vector256.Load(u + i), bi = Vector256.Load(b + i);
                Vector256<float> now = Vector256.FusedMultiplyAdd(bi, pj, old);
                now.Store(u + i);
                Vector256.FusedMultiplyAdd(old & mask, wj, bi).Store(b + i);
                now &= mask;
                Vector256.FusedMultiplyAdd(now * dj, now, Vector256.Load(squares + i)).Store(squares + i);
            }

            b[j] = w[j];
            squares[j] += d[j];
        }
    }
}
