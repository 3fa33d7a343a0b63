namespace Realtime.Cells.Adaptive;

/// <summary>
/// How rare a number is among those of a stream's past: log₁₀ of the share as large. Above u, their 98% quantile, that
/// share is 0.02 (r/u)^(−1/g), a Pareto tail with Hill's estimate g = mean ln(rᵢ/u) over those above u (Hill, Annals of
/// Statistics 1975), which starts as if 5 of 0.25 had been seen; below u it is the rank.
/// </summary>
/// <remarks>
/// Numbers are kept as a histogram of quarters of octaves that forgets over 5,000 ticks; its range follows the stream
/// by one bin per tick, so that one spike cannot take it away.
/// </remarks>
internal static unsafe class ResidualTail
{
    private const int Bins = 64;
    private const int Anchor = Bins, Seen = Bins + 1;

    /// <summary>Memory per stream: bins, code of the first bin, numbers seen.</summary>
    public const int Floats = Bins + 2;

    /// <summary>Numbers before which nothing can be said.</summary>
    private const int Fewest = 32;

    private const float Forgetting = 1 - 1 / 2500f;
    private const double Tail = 0.02;
    private const double AssumedCount = 5, AssumedLog = 0.25, LeastLog = 0.05;

    // Doubles of the same upper 14 bits are in one bin: four per octave.
    private const int BinShift = 50;

    private const int RoomAbove = 16;

    /// <summary>log₁₀ of the share, which is then learnt; NaN: too early.</summary>
    /// <param name="memory">The stream's.</param>
    /// <param name="residual">Finite, not below 0.</param>
    public static double Next(float* memory, double residual)
    {
        double share = memory[Seen] < Fewest ? double.NaN : LogTenOfShare(memory, residual);
        Learn(memory, residual);
        return share;
    }

    /// <summary>Numbers learnt; a million stands for all above.</summary>
    public static float SeenBy(float* memory) => memory[Seen];

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

    private static int Code(double residual) => (int)(BitConverter.DoubleToInt64Bits(residual) >> BinShift);

    private static double Edge(int code) => BitConverter.Int64BitsToDouble((long)code << BinShift);
}
