namespace Realtime.Cells.RollOuts;

/// <summary>
/// Steps copies of rows' states ahead, a model's forecast being its next input, without touching the rows. Agrees
/// between the processor and a device to 1e-5; the bits of a row depend on neither n nor its place nor on what else is
/// in the wave, and on one engine are the same every time.
/// </summary>
public interface IRollOut : IDisposable
{
    /// <summary>How forecasts become inputs.</summary>
    FeedBack FeedBack { get; }

    /// <param name="rows">n rows of the engine, as they are now.</param>
    /// <param name="start">What goes in first, and what is known ahead, of each.</param>
    /// <param name="points">[n, copies of the network, steps, its inputs]: the forecasts, as the network gives them:
    /// values less their mean over their deviation, or differences over their scale.</param>
    /// <exception cref="ArgumentException">Spans of wrong lengths, or a row out of range.</exception>
    void Run(ReadOnlySpan<int> rows, in RollOutStart start, Span<float> points);
}

/// <summary>What a roll-out of n rows begins with.</summary>
/// <param name="steps">At least 1.</param>
/// <param name="inputs">[n, model inputs], of the first step.</param>
/// <param name="numbers">[n, copies of the network, <see cref="FeedBack.Numbers"/>].</param>
/// <param name="known">[n, steps, <see cref="FeedBack.Known"/>]: of the steps behind the first; that of the last is not
/// used.</param>
public readonly ref struct RollOutStart(
    int steps, ReadOnlySpan<float> inputs, ReadOnlySpan<float> numbers, ReadOnlySpan<float> known)
{
    public int Steps { get; } = steps;
    public ReadOnlySpan<float> Inputs { get; } = inputs;
    public ReadOnlySpan<float> Numbers { get; } = numbers;
    public ReadOnlySpan<float> Known { get; } = known;
}
