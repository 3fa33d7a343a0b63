using System.Runtime.CompilerServices;

namespace Realtime.Cells.Adaptive;

/// <summary>
/// Adaptive conformal intervals (Gibbs and Candès 2021, arXiv 2106.00170): after each value
/// α' ← α' + γ(α − miss), and the next interval is what held the share 1 − α' of recent residuals. An interval of
/// α' ≤ 0 is unbounded and one of α' ≥ 1 empty, so that α' stays within −γH and 1 + γH for a value that comes H ticks
/// later, and after T values |misses / T − α| ≤ (max(α, 1 − α) + γH) / (γT) on any stream.
/// </summary>
/// <remarks>
/// Residuals are |x − forecast| / (s√H), kept as a histogram that forgets: bins of half an octave, the first from 0.
/// <para>
/// One thing differs: a value that the forecast met exactly is a hit however narrow the interval, and does not lift α'
/// above 2α. A stream that stands still would have it at 1, and be missed for long when it moves again. Misses are
/// within the bound all the same; hits may be more than asked for on such streams.
/// </para>
/// </remarks>
internal static unsafe class ConformalInterval
{
    public const int Bins = 32;

    private const int Blocks = Bins / FixedOrder.Lanes;

    /// <summary>γ, what a miss moves α'.</summary>
    public const double Step = 0.005;

    /// <summary>What is published where an interval has no bounds.</summary>
    public const double Unbounded = 1e100;

    /// <summary>Marks an empty interval among half-widths.</summary>
    public const float Empty = -1;

    /// <summary>Observations that the assumed residuals of a new stream count as.</summary>
    private const double Assumed = 20;

    /// <summary>A residual's weight per tick after it.</summary>
    private const float Forgetting = 0.985f;

    // Floats of the same upper 10 bits are in one bin; the first bin ends where the second one begins.
    private const int BinShift = 22;
    private const int FirstCode = (127 - 11) << 1;

    private static readonly float[] _start = MakeStart();

    public static void Clear(float* bins, double* rates, double[] levels)
    {
        _start.CopyTo(new Span<float>(bins, Bins));
        for (int i = 0; i < levels.Length; i++) rates[i] = 1 - levels[i];
    }

    /// <summary>Keeps a residual in units of s√H.</summary>
    public static void Learn(float* bins, float residual)
    {
        FixedOrder.Fade(bins, Forgetting, Bins);
        int code = BitConverter.SingleToInt32Bits(residual) >> BinShift;
        bins[Math.Clamp(code - FirstCode, 0, Bins - 1)] += 1;
    }

    /// <summary>α' after a value.</summary>
    public static double Move(double rate, double level, bool hit, bool exact)
    {
        double target = 1 - level;
        if (!hit) return rate + Step * (target - 1);
        double next = rate + Step * target;
        return exact ? Math.Min(next, Math.Max(rate, 2 * target)) : next;
    }

    /// <summary>
    /// Half-widths in units of s√H: +∞ for α' ≤ 0, <see cref="Empty"/> for α' ≥ 1, and growing beyond the largest
    /// residuals as 1/√α' where less than one is left above. A wider level holds the narrower ones, though their α'
    /// move apart.
    /// </summary>
    /// <param name="bins">Residuals.</param>
    /// <param name="rates">α' of each level.</param>
    /// <param name="levels">Their number.</param>
    /// <param name="widths">Takes the half-widths.</param>
    [SkipLocalsInit]
    public static void HalfWidths(float* bins, double* rates, int levels, float* widths)
    {
        float* blocks = stackalloc float[Blocks];
        float total = 0;
        for (int block = 0; block < Blocks; block++)
        {
            blocks[block] = FixedOrder.Sum(bins + block * FixedOrder.Lanes, FixedOrder.Lanes);
            total += blocks[block];
        }

        double least = 2;
        for (int level = 0; level < levels; level++)
        {
            least = Math.Min(least, rates[level]);
            float above = (float)(Math.Clamp(least, -1, 1) * total);
            widths[level] = above <= 0 ? float.PositiveInfinity
                : above >= total ? Empty
                : above < 1 ? Quantile(bins, blocks, 1) / MathF.Sqrt(above)
                : Quantile(bins, blocks, above);
        }
    }

    // The residual above which there are so many: first the block of bins, then the bin, then the place in it.
    private static float Quantile(float* bins, float* blocks, float above)
    {
        float passed = 0;
        int block = Blocks - 1;
        for (; block > 0 && passed + blocks[block] < above; block--) passed += blocks[block];
        int bin = block * FixedOrder.Lanes + FixedOrder.Lanes - 1, last = block * FixedOrder.Lanes;
        for (; bin > last && passed + bins[bin] < above; bin--) passed += bins[bin];
        float here = bins[bin], low = bin == 0 ? 0 : Edge(bin), high = Edge(bin + 1);
        return high - (high - low) * (here > 0 ? Math.Clamp((above - passed) / here, 0, 1) : 1);
    }

    private static float Edge(int bin) => BitConverter.Int32BitsToSingle((FirstCode + bin) << BinShift);

    // Laplace of standard deviation 1, as if the forecast were the last value of a random walk.
    private static float[] MakeStart()
    {
        var bins = new float[Bins];
        double below = 0;
        for (int i = 0; i < Bins; i++)
        {
            double upTo = i == Bins - 1 ? 1 : 1 - Math.Exp(-Math.Sqrt(2) * Edge(i + 1));
            bins[i] = (float)(Assumed * (upTo - below));
            below = upTo;
        }

        return bins;
    }
}
