namespace Realtime.Cells.Adaptive;

/// <summary>
/// How unusual a tick is: −log₁₀ p / 10 within [0, 1], p being the share of past residuals as large, of the residual
/// itself or of the level of the last some 50, whichever is rarer.
/// </summary>
/// <remarks>
/// A score not above the largest of the last some 400 ticks is halved, so that the onset stands out. A value outside
/// the range of all before by more than 5% of it scores at least 0.8 once 180 were judged. <see cref="ResidualTail"/>
/// tells p.
/// </remarks>
internal static unsafe class AnomalyScore
{
    private const int Blocks = 10;
    private const int BlockTicks = 40;
    private const int OfLevel = ResidualTail.Floats, InBlock = 2 * ResidualTail.Floats, Maxima = InBlock + 1;

    /// <summary>Memory per stream: two tails, ticks in this block, maxima of the blocks.</summary>
    public const int Floats = Maxima + Blocks;

    /// <summary>Doubles: the level of the residuals, then each output's least and largest value.</summary>
    public const int Level = 1;

    /// <summary>Ticks over which the level is taken.</summary>
    private const double LevelTicks = 50;

    /// <summary>Residuals before which a range says nothing: a young stream leaves its own again and again.</summary>
    private const int FewestInRange = 180;

    /// <summary>How much larger than the level a residual counts: one of 1e100 would stay for long.</summary>
    private const double LargestJump = 100;

    public static void Clear(float* memory, double* ranges, int outputs)
    {
        new Span<float>(memory, Floats).Clear();
        ranges[0] = 0;
        for (int o = 0; o < outputs; o++)
        {
            RangeOf(ranges, o)[0] = double.PositiveInfinity;
            RangeOf(ranges, o)[1] = double.NegativeInfinity;
        }
    }

    /// <summary>The least and the largest value of an output.</summary>
    public static double* RangeOf(double* ranges, int output) => ranges + Level + 2 * output;

    /// <summary>The score of a residual, which is then learnt; NaN: too early.</summary>
    /// <param name="memory">The stream's.</param>
    /// <param name="level">The stream's level of residuals.</param>
    /// <param name="residual">Finite, not below 0.</param>
    /// <param name="novel">The value was outside the range of those before.</param>
    public static double Next(float* memory, double* level, double residual, bool novel)
    {
        double counted = *level > 0 ? Math.Min(residual, LargestJump * *level) : residual;
        double next = *level + (counted - *level) / LevelTicks;
        *level = next < 1e-300 ? 0 : next;
        double share = Math.Min(
            ResidualTail.Next(memory, residual), ResidualTail.Next(memory + OfLevel, *level));
        if (double.IsNaN(share)) return share;
        novel &= ResidualTail.SeenBy(memory) > FewestInRange;
        double raw = Math.Clamp(-share / 10, 0, 1), score = raw > Largest(memory) ? raw : 0.5 * raw;
        Keep(memory, (float)raw);
        return novel ? Math.Max(score, 0.8) : score;
    }

    /// <summary>Widens the range of an output's values, and tells whether the value was far outside.</summary>
    public static bool Widen(double* range, double value)
    {
        double width = range[1] - range[0];
        bool novel = width > 0 && (value > range[1] + 0.05 * width || value < range[0] - 0.05 * width);
        range[0] = Math.Min(range[0], value);
        range[1] = Math.Max(range[1], value);
        return novel && double.IsFinite(width);
    }

    private static float Largest(float* memory)
    {
        float largest = 0;
        for (int i = 0; i < Blocks; i++) largest = MathF.Max(largest, memory[Maxima + i]);
        return largest;
    }

    // The first maximum is of the ticks of this block, those behind of the blocks before.
    private static void Keep(float* memory, float raw)
    {
        if (memory[InBlock] >= BlockTicks)
        {
            new ReadOnlySpan<float>(memory + Maxima, Blocks - 1).CopyTo(
                new Span<float>(memory + Maxima + 1, Blocks - 1));
            memory[Maxima] = 0;
            memory[InBlock] = 0;
        }

        memory[Maxima] = MathF.Max(memory[Maxima], raw);
        memory[InBlock] += 1;
    }
}
