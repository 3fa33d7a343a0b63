using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Realtime.Cells.Adaptive;

/// <summary>
/// The covariance of recursive least squares as P = U D Uᵀ, with U unit upper triangular and D diagonal: symmetric and
/// positive whatever is rounded (Bierman, Factorization Methods for Discrete Sequential Estimation, 1977, chapter V).
/// </summary>
/// <remarks>
/// Columns of U above the diagonal lie one behind the other, column j with j floats and padding. With v = Uᵀf, w = D v
/// and α_j = α_(j−1) + v_j w_j from α_(−1) = λ on:
/// D_j ← D_j α_(j−1) / α_j, U_ij ← U_ij − b_i v_j / α_(j−1), b_i ← b_i + U_ij w_j; at the end b = P f.
/// <para>
/// Forgetting divides D by λ. What nothing is heard of for long would grow without end, so elements of D stop at a
/// limit, each for itself, and none is divided while a diagonal element of P is beyond 100 of these.
/// </para>
/// </remarks>
internal static unsafe class UdCovariance
{
    /// <summary>Elements of D stay below, or below where they started.</summary>
    public const float LargestD = 1e4f;

    /// <summary>P is divided by λ only while its largest diagonal element is below.</summary>
    public const float Largest = 100 * LargestD;

    /// <summary>Elements of D stay above, so that every direction can be learnt again.</summary>
    private const float LeastD = 1e-12f;

    /// <summary>Floats of U for so many features.</summary>
    public static int Triangle(int features)
    {
        int floats = 0;
        for (int j = 1; j < features; j++) floats += FixedOrder.Padded(j);
        return floats;
    }

    /// <summary>P = I / ridge.</summary>
    public static void Clear(float* u, float* d, int features, float ridge)
    {
        new Span<float>(u, Triangle(features)).Clear();
        new Span<float>(d, FixedOrder.Padded(features)).Clear();
        new Span<float>(d, features).Fill(1 / ridge);
    }

    /// <summary>
    /// Takes in an observation of features f: P ← (P − k kᵀ / (λ + fᵀk)) / λ with k = P f.
    /// </summary>
    /// <param name="u">U.</param>
    /// <param name="d">D, padded.</param>
    /// <param name="f">Features, padded with zeros.</param>
    /// <param name="k">Takes k = P f of the covariance as it was, padded.</param>
    /// <param name="features">Their number, at most <see cref="OnlinePlan.MostFeatures"/>.</param>
    /// <param name="forgetting">λ.</param>
    /// <param name="largestD">The limit of D.</param>
    /// <param name="diagonal">The largest diagonal element of P; of the new one afterwards.</param>
    /// <returns>fᵀ k.</returns>
    [SkipLocalsInit]
    public static float Update(
        float* u, float* d, float* f, float* k, int features, float forgetting, float largestD, ref float diagonal)
    {
        int padded = (features + FixedOrder.Lanes - 1) & -FixedOrder.Lanes;
        float* scratch = stackalloc float[6 * padded];
        float* v = scratch, w = v + padded, before = w + padded, after = before + padded;
        float* b = after + padded, squares = b + padded;
        Project(u, f, v, features);
        float alpha = forgetting;
        for (int j = 0; j < features; j++)
        {
            w[j] = d[j] * v[j];
            before[j] = alpha;
            alpha = MathF.FusedMultiplyAdd(v[j], w[j], alpha);
            after[j] = alpha;
        }

        int end = FixedOrder.Padded(features);
        for (int j = features; j < end; j++) (v[j], before[j], after[j]) = (0, alpha, alpha);
        Divide(v, d, before, after, end, diagonal < Largest ? 1 / forgetting : 1, largestD);
        new Span<float>(w + features, padded - features).Clear();
        new ReadOnlySpan<float>(w, padded).CopyTo(new Span<float>(b, padded));
        new Span<float>(squares, padded).Clear();
        new ReadOnlySpan<float>(d, features).CopyTo(new Span<float>(squares, features));
        Rotate(u, d, w, v, b, squares, features);
        new ReadOnlySpan<float>(b, end).CopyTo(new Span<float>(k, end));
        diagonal = FixedOrder.Max(squares, padded);
        return alpha - forgetting;
    }

    /// <summary>v = Uᵀ f.</summary>
    private static void Project(float* u, float* f, float* v, int features)
    {
        for (int j = 0; j < features; u += FixedOrder.Padded(j), j++)
            v[j] = f[j] + FixedOrder.Dot(u, f, FixedOrder.Padded(j));
    }

    /// <summary>v_j becomes −v_j / α_(j−1), and D what it is to be.</summary>
    private static void Divide(
        float* v, float* d, float* before, float* after, int end, float outer, float largestD)
    {
        Vector128<float> least = Vector128.Create(LeastD), most = Vector128.Create(largestD);
        for (int j = 0; j < end; j += 4)
        {
            Vector128<float> old = Vector128.Load(before + j);
            Vector128<float> next = Vector128.Load(d + j) * (old / Vector128.Load(after + j)) * outer;
            Vector128.Min(most, Vector128.Max(least, next)).Store(d + j);
            (-Vector128.Load(v + j) / old).Store(v + j);
        }
    }

    /// <summary>
    /// The columns of U, b as it grows from w on, and the diagonal of P as it grows from D on. Of b, what belongs to
    /// the columns behind is there from the start, for to put it in one by one would hold up every load of it: so the
    /// end of a column is masked.
    /// </summary>
    private static void Rotate(float* u, float* d, float* w, float* pull, float* b, float* squares, int features)
    {
        for (int j = 1; j < features; j++)
        {
            Vector256<float> wj = Vector256.Create(w[j]), pj = Vector256.Create(pull[j]), dj = Vector256.Create(d[j]);
            int count = FixedOrder.Padded(j), i = 0;
            for (; i + FixedOrder.Lanes <= j; i += FixedOrder.Lanes)
            {
                Vector256<float> old = Vector256.Load(u + i), bi = Vector256.Load(b + i);
                Vector256<float> now = Vector256.FusedMultiplyAdd(bi, pj, old);
                now.Store(u + i);
                Vector256.FusedMultiplyAdd(old, wj, bi).Store(b + i);
                Vector256.FusedMultiplyAdd(now * dj, now, Vector256.Load(squares + i)).Store(squares + i);
            }

            if (count - i == FixedOrder.Lanes)
            {
                Vector256<float> old = Vector256.Load(u + i), bi = Vector256.Load(b + i);
                Vector256<float> now = Vector256.FusedMultiplyAdd(bi, pj, old) & FixedOrder.First(j - i);
                now.Store(u + i);
                Vector256.FusedMultiplyAdd(old, wj, bi).Store(b + i);
                Vector256.FusedMultiplyAdd(now * dj, now, Vector256.Load(squares + i)).Store(squares + i);
            }
            else if (i < count)
            {
                Vector128<float> old = Vector128.Load(u + i), bi = Vector128.Load(b + i);
                Vector128<float> now = Vector128.FusedMultiplyAdd(bi, pj.GetLower(), old)
                    & FixedOrder.First(j - i).GetLower();
                now.Store(u + i);
                Vector128.FusedMultiplyAdd(old, wj.GetLower(), bi).Store(b + i);
                Vector128.FusedMultiplyAdd(now * dj.GetLower(), now, Vector128.Load(squares + i)).Store(squares + i);
            }

            u += count;
        }
    }
}
