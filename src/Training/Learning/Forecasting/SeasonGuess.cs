namespace Realtime.Training.Learning.Forecasting;

/// <summary>The season that rows at regular times most likely have.</summary>
public static class SeasonGuess
{
    private const double Minute = 60e9, Day = 24 * 60 * Minute;
    private const int MostRows = 2_880;

    /// <summary>Rows of a day where they come at least twice a day, of a week where daily, of a year where monthly;
    /// null where the series has no times, or others.</summary>
    public static int? Of(RecordedSeries series)
    {
        if (series.Times is not { Length: > 2 } times)
        {
            return null;
        }
        long[] steps = [.. Enumerable.Range(1, times.Length - 1).Select(row => times[row] - times[row - 1]).Order()];
        double step = steps[steps.Length / 2];
        if (step >= 27 * Day && step <= 32 * Day)
        {
            return 12;
        }
        if (step == Day)
        {
            return 7;
        }
        var rows = Day / step;
        return step > 0 && rows is >= 2 and <= MostRows && rows == Math.Floor(rows) ? (int)rows : null;
    }
}
