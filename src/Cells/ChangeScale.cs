namespace Realtime.Cells;

/// <summary>
/// A stream's own scale of an input's differences: s = max(√EW[Δx²], 0.1·√mean[Δx²], 1e-9·(|μ| + 1e-3)), kept in three
/// slots of the preprocessor's memory.
/// </summary>
/// <remarks>
/// A difference counts as at most <see cref="LargestStep"/> times the scale before it: a single value of an error code,
/// 1e38 or so, would else set the plain mean for the rest of the stream's life. A lasting change of scale by a factor of
/// a million is learnt in four ticks.
/// </remarks>
internal sealed class ChangeScale(int start, int inputs, double leastAlpha)
{
    private const double LargestStep = 1000;

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
        recent += Math.Max(leastAlpha, 1 / n) * (square - recent);
        mean += (square - mean) / n;
    }

    /// <param name="input">The input's place.</param>
    /// <param name="average">Its running mean μ.</param>
    /// <param name="memory">The stream's memory.</param>
    public double Of(int input, double average, ReadOnlySpan<double> memory)
    {
        double recent = memory[start + inputs + input], mean = memory[start + 2 * inputs + input];
        return Math.Max(Math.Sqrt(Math.Max(recent, 0.01 * mean)), 1e-9 * (Math.Abs(average) + 1e-3));
    }
}
