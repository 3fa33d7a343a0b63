namespace Realtime.Training.Learning.Forecasting;

/// <summary>What the network is given of a row behind the scaled inputs.</summary>
/// <param name="DifferenceClip">The change of each output that is an input since the row before, in root mean squares
/// of its changes, limited to ± this; 0: none.</param>
/// <param name="HourHarmonics">Sine and cosine of the first so many harmonics of the time of day, UTC.</param>
/// <param name="Weekday">Sine and cosine of the day of the week, from Monday.</param>
public sealed record NetworkFeatures(double DifferenceClip = 0, int HourHarmonics = 0, bool Weekday = false)
{
    private const long Day = 86_400_000_000_000;

    internal int WidthFor(SeriesLayout layout) =>
        (DifferenceClip > 0 ? layout.InputOfOutput.Count(input => input >= 0) : 0) + 2 * HourHarmonics
        + (Weekday ? 2 : 0);

    /// <summary>Writes them behind the inputs of every row.</summary>
    internal void Fill(RecordedSeries series, SeriesLayout layout, SeriesScale scale, float[] rows)
    {
        var at = layout.Inputs.Count;
        for (var i = 0; DifferenceClip > 0 && i < layout.Outputs.Count; i++)
        {
            if (layout.InputOfOutput[i] >= 0)
            {
                FillDifference(series, layout.Outputs[i], scale.DifferenceStd[i], rows.AsSpan(at++), layout.Width);
            }
        }
        for (var row = 0; series.Times is { } times && row < series.Rows; row++)
        {
            FillTime(times[row], rows.AsSpan(row * layout.Width + at));
        }
    }

    private void FillDifference(RecordedSeries series, int column, double std, Span<float> to, int width)
    {
        for (var row = 1; row < series.Rows; row++)
        {
            var change = series.Row(row)[column] - series.Row(row - 1)[column];
            to[row * width] = double.IsNaN(change)
                ? 0
                : (float)Math.Clamp(change / std, -DifferenceClip, DifferenceClip);
        }
    }

    private void FillTime(long time, Span<float> to)
    {
        var at = 0;
        var ofDay = (double)((time % Day + Day) % Day) / Day;
        for (var k = 1; k <= HourHarmonics; k++)
        {
            (var sine, var cosine) = Math.SinCos(2 * Math.PI * k * ofDay);
            (to[at++], to[at++]) = ((float)sine, (float)cosine);
        }
        if (Weekday)
        {
            // 1970 began on a Thursday.
            var day = (int)(((time - (long)(ofDay * Day)) / Day + 3) % 7 + 7) % 7;
            (var sine, var cosine) = Math.SinCos(2 * Math.PI * day / 7);
            (to[at++], to[at++]) = ((float)sine, (float)cosine);
        }
    }
}
