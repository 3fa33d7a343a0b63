namespace Realtime.Cells.Adaptive;

/// <summary>
/// How unusual a residual is among those of the stream's past: −log₁₀ p / 10 within [0, 1], p being the share of
/// residuals as large. Above u, their 98% quantile, p = 0.02 (r/u)^(−1/g), a Pareto tail with Hill's estimate
/// g = mean ln(rᵢ/u) over those above u (Hill, Annals of Statistics 1975), which starts as if 5 of 0.25 had been seen.
/// </summary>
/// <remarks>
/// A score not above the largest of the last some 200 ticks is halved, so that the onset stands out. A value outside
/// the range of all before by more than 5% of it scores at least 0.8. Residuals are kept as a histogram of quarters of
/// octaves that forgets over 5,000 ticks; its range follows the stream by one bin per tick, so that one spike
/// cannot take it away.
/// </remarks>
internal static unsafe class AnomalyScore
{
    private const int Bins = 64;
    private const int Blocks = 10;
    private const int BlockTicks = 20;
    private const int Anchor = Bins, Seen = Bins + 1, InBlock = Bins + 2, Maxima = Bins + 3;

    /// <summary>Memory per stream: bins, code of the first bin, residuals seen, ticks in this block, its maxima.
    /// </summary>
    public const int Floats = Bins + 3 + Blocks;

    /// <summary>Residuals before which there is no score.</summary>
    private const int Fewest = 32;

    private const float Forgetting = 1 - 1 / 2500f;
    private const double Tail = 0.02;
    private const double AssumedCount = 5, AssumedLog = 0.25, LeastLog = 0.05;

    // Doubles of the same upper 14 bits are in one bin: four per octave.
    private const int BinShift = 50;

    private const int RoomAbove = 16;

    public static void Clear(float* memory, double* ranges, int outputs)
    {
        new Span<float>(memory, Floats).Clear();
        for (int i = 0; i < outputs; i++)
        {
            ranges[2 * i] = double.PositiveInfinity;
            ranges[2 * i + 1] = double.NegativeInfinity;
        }
    }

    /// <summary>The score of a residual, which is then learnt; NaN: too early.</summary>
    /// <param name="memory">The stream's.</param>
    /// <param name="residual">Finite, not below 0.</param>
    /// <param name="novel">The value was outside the range of those before.</param>
    public static double Next(float* memory, double residual, bool novel)
    {
        double raw = memory[Seen] < Fewest ? double.NaN : Math.Clamp(-LogTenOfShare(memory, residual) / 10, 0, 1);
        Learn(memory, residual);
        if (double.IsNaN(raw)) return raw;
        double score = raw > Largest(memory) ? raw : 0.5 * raw;
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

    private static double LogTenOfShare(float* memory, double residual)
    {
        if (residual <= 0) return 0;
        int anchor = (int)memory[Anchor];
        double total = FixedOrder.Sum(memory, Bins), above = Above(memory, anchor, residual);
        double u = above >= Tail * total ? 0 : Quantile(memory, anchor, Tail * total);
        if (u <= 0 || residual <= u) return SafeLog.TenOf(Math.Min((above + 0.5) / (total + 0.5), 1));
        return SafeLog.TenOf(Tail) - SafeLog.TenOf(residual / u) / Hill(memory, anchor, u);
    }

    private static double Quantile(float* memory, int anchor, double above)
    {
        double passed = 0;
        for (int i = Bins - 1; i > 0; i--)
        {
            double here = memory[i];
            if (here > 0 && passed + here >= above)
            {
                double low = Edge(anchor + i), high = Edge(anchor + i + 1);
                return high - (high - low) * ((above - passed) / here);
            }

            passed += here;
        }

        return Edge(anchor + 1);
    }

    // How many residuals are larger.
    private static double Above(float* memory, int anchor, double residual)
    {
        int bin = Math.Clamp(Code(residual) - anchor, 0, Bins - 1);
        int next = bin + 1, whole = (next + FixedOrder.Lanes - 1) & -FixedOrder.Lanes;
        double above = whole < Bins ? FixedOrder.Sum(memory + whole, Bins - whole) : 0;
        for (int i = next; i < Math.Min(whole, Bins); i++) above += memory[i];
        double low = bin == 0 ? 0 : Edge(anchor + bin), high = Edge(anchor + bin + 1);
        return above + memory[bin] * Math.Clamp((high - residual) / (high - low), 0, 1);
    }

    private static double Hill(float* memory, int anchor, double u)
    {
        double count = AssumedCount, logs = AssumedCount * AssumedLog;
        for (int i = Math.Max(Code(u) - anchor, 0); i < Bins; i++)
        {
            if (memory[i] <= 0) continue;
            double low = Math.Max(Edge(anchor + i), u), high = Edge(anchor + i + 1);
            if (high <= u) continue;
            double share = (high - low) / (high - Edge(anchor + i));
            count += share * memory[i];
            logs += share * memory[i] * SafeLog.Of(0.5 * (low + high) / u);
        }

        return Math.Max(logs / count, LeastLog);
    }

    private static void Learn(float* memory, double residual)
    {
        FixedOrder.Fade(memory, Forgetting, Bins);
        int code = Code(residual);
        if (residual > 0 && memory[Anchor] == 0) memory[Anchor] = Math.Max(code - (Bins - RoomAbove), 1);
        int bin = code - (int)memory[Anchor];
        if (bin >= Bins) ShiftUp(memory);
        else if (bin < 0 && residual > 0) ShiftDown(memory);
        memory[Math.Clamp(code - (int)memory[Anchor], 0, Bins - 1)] += 1;
        memory[Seen] = Math.Min(memory[Seen] + 1, 1e6f);
    }

    private static void ShiftUp(float* memory)
    {
        memory[0] += memory[1];
        new ReadOnlySpan<float>(memory + 2, Bins - 2).CopyTo(new Span<float>(memory + 1, Bins - 2));
        memory[Bins - 1] = 0;
        memory[Anchor] += 1;
    }

    // Only where the tail itself lies in the first bin, whose residuals count as if they were smaller still.
    private static void ShiftDown(float* memory)
    {
        float above = 0;
        for (int i = 1; i < Bins; i++) above += memory[i];
        if (above >= (float)Tail * (above + memory[0]) || memory[Anchor] <= 1) return;
        memory[Bins - 1] += memory[Bins - 2];
        new ReadOnlySpan<float>(memory + 1, Bins - 3).CopyTo(new Span<float>(memory + 2, Bins - 3));
        memory[1] = 0;
        memory[Anchor] -= 1;
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

    private static int Code(double residual) => (int)(BitConverter.DoubleToInt64Bits(residual) >> BinShift);

    private static double Edge(int code) => BitConverter.Int64BitsToDouble((long)code << BinShift);
}
