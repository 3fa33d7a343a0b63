using Realtime.Cells;

namespace Realtime.Training.Learning.Forecasting;

/// <summary>What the network is given of a row behind the scaled inputs.</summary>
/// <param name="DifferenceClip">The change of each input since the row before, in root mean squares of its changes,
/// limited to ± this; 0: none.</param>
/// <param name="HourHarmonics">Sine and cosine of the first so many harmonics of the time of day, UTC.</param>
/// <param name="Weekday">Sine and cosine of the time since Monday, in weeks.</param>
public sealed record NetworkFeatures(double DifferenceClip = 0, int HourHarmonics = 0, bool Weekday = false)
{
    private const long Hour = 3_600_000_000_000;

    // Once a day's shape is seen so often, it is worth learning; likewise a week's.
    private const int PeriodsToSee = 3;

    /// <summary>
    /// The time features that series can teach: those of the day where rows are at most six hours apart, in the
    /// middle, and of the week where they are at most a day apart, and the longest series goes over three such periods.
    /// </summary>
    public NetworkFeatures WithTimesOf(IReadOnlyList<RecordedSeries> series)
    {
        var longest = series.MaxBy(one => one.Rows);
        if (longest?.Times is not { Length: > 1 } times)
        {
            return this;
        }
        long[] steps = [.. Enumerable.Range(1, times.Length - 1).Select(row => times[row] - times[row - 1]).Order()];
        var (step, span) = (steps[steps.Length / 2], times[^1] - times[0]);
        return this with
        {
            HourHarmonics = step is > 0 and <= 6 * Hour && span > PeriodsToSee * 24 * Hour ? 3 : 0,
            Weekday = step is > 0 and <= 24 * Hour && span > PeriodsToSee * 7 * 24 * Hour,
        };
    }

    /// <param name="inputs">Names of the inputs.</param>
    /// <param name="outputs">Names of the outputs: their scale is the forecast's own.</param>
    /// <param name="stds">The scale of each input's changes.</param>
    internal IReadOnlyList<Feature> ToFeatures(
        IReadOnlyList<string> inputs, IReadOnlyList<string> outputs, IReadOnlyList<double> stds)
    {
        var features = new List<Feature>();
        for (var i = 0; DifferenceClip > 0 && i < inputs.Count; i++)
        {
            var isScaled = outputs.Contains(inputs[i]) && outputs.All(inputs.Contains);
            features.Add(new DifferenceFeature(inputs[i], DifferenceClip, isScaled ? null : stds[i]));
        }
        if (HourHarmonics > 0)
        {
            features.Add(new HourFeature(HourHarmonics));
        }
        if (Weekday)
        {
            features.Add(new WeekdayFeature());
        }
        return features;
    }
}
