namespace Realtime.Cells;

/// <summary>
/// A stream's own scale of an input's differences: s = max(√EW[Δx²], 0.1·√mean[Δx²], 1e-9·(min(|μ|, |x|) + 1e-3)),
/// x the last value, kept in three slots of the preprocessor's memory.
/// </summary>
/// <remarks>
/// A difference counts as at most <see cref="LargestStep"/> times the scale before it: a single value of an error code,
/// 1e38 or so, would else set the plain mean for the rest of the stream's life, and with μ alone the least scale for a
/// hundred half-lives. A lasting change of scale by a factor of a million is learnt in ten ticks.
/// <para>
/// The other way round: while differences, other than 0, are below a hundred-thousandth of the one mean or a
/// thousandth of the other, that mean loses a tenth per tick, or spikes of 1e100 would be felt for 200,000 ticks, and
/// in the plain mean for ever.
/// </para>
/// </remarks>
internal sealed class ChangeScale(int start, int inputs, double leastAlpha)
{
    private const double LargestStep = 100;

    private const double Negligible = 1e-10, NegligibleOfAll = 1e-6, Loss = 0.9;

    // Its square is far from overflow.
    private const double LargestChange = 1e140;

    /// <param name="input">The input's place.</param>
    /// <param name="change">The difference, NaN where there is none.</param>
    /// <param name="memory">The stream's memory.</param>
    public void Learn(int input, double change, Span<double> memory)
    {
        if (double.IsNaN(change)) return;
        ref double n = ref memory[start + input];
        ref double recent = ref memory[start + inputs + input];
        ref double mean = ref memory[start + 2 * inputs + input];
        n += 1;
        change = Math.Min(Math.Abs(change), LargestChange);
        double square = change * change, scale = Math.Max(recent, 0.01 * mean);
        if (scale > 0) square = Math.Min(square, LargestStep * LargestStep * scale);
        if (square > 0)
        {
            if (square < Negligible * recent) recent *= Loss;
            if (square < NegligibleOfAll * mean) mean *= Loss;
        }

        recent += Math.Max(leastAlpha, 1 / n) * (square - recent);
        mean += (square - mean) / n;
    }

    /// <param name="input">The input's place.</param>
    /// <param name="size">The smaller of |μ| and |x|.</param>
    /// <param name="memory">The stream's memory.</param>
    public double Of(int input, double size, ReadOnlySpan<double> memory)
    {
        double recent = memory[start + inputs + input], mean = memory[start + 2 * inputs + input];
        return Math.Max(Math.Sqrt(Math.Max(recent, 0.01 * mean)), 1e-9 * (size + 1e-3));
    }
}
