namespace Realtime.Cells;

/// <summary>Where a time lies within its day and its week, in UTC.</summary>
internal static class TimeOfWeek
{
    private const long Day = 86_400L * 1_000_000_000;
    private const long Year2000 = 946_684_800L * 1_000_000_000;
    private const long Year2100 = 4_102_444_800L * 1_000_000_000;

    // 1970 began on a Thursday.
    private const long SinceMonday = 3 * Day;

    /// <summary>Whether a device with a clock may have said so: from 2000-01-01 to the end of 2099.</summary>
    public static bool IsPlausible(long nanoseconds) => nanoseconds is >= Year2000 and < Year2100;

    /// <summary>Writes sin and cos of 2πk · the time of day for k = 1, 2, … as far as there is room.</summary>
    public static void OfDay(long nanoseconds, Span<float> harmonics)
    {
        (double sin, double cos) = Math.SinCos(2 * Math.PI * ((double)(nanoseconds % Day) / Day));
        double s = sin, c = cos;
        for (int i = 0; i < harmonics.Length; i += 2)
        {
            harmonics[i] = (float)s;
            harmonics[i + 1] = (float)c;
            (s, c) = (s * cos + c * sin, c * cos - s * sin);
        }
    }

    /// <summary>Writes sin and cos of 2π · the time since Monday, in weeks.</summary>
    public static void OfWeek(long nanoseconds, Span<float> pair)
    {
        double week = (double)((nanoseconds + SinceMonday) % (7 * Day)) / (7 * Day);
        (double sin, double cos) = Math.SinCos(2 * Math.PI * week);
        pair[0] = (float)sin;
        pair[1] = (float)cos;
    }
}
