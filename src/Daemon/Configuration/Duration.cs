using System.Globalization;

namespace Realtime.Daemon.Configuration;

/// <summary>
/// Durations as <c>[days.]hours:minutes:seconds[.fraction]</c>. Hours may pass 23 where no days are given:
/// "24:00:00" is a day, which <see cref="TimeSpan.Parse(string)"/> reads as 24 days.
/// </summary>
internal static class Duration
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1_000_000);

    public static bool TryParse(string text, out TimeSpan value)
    {
        value = default;
        var parts = text.Split(':');
        if (parts.Length != 3)
        {
            return false;
        }
        var days = parts[0].Split('.');
        var seconds = parts[2].Split('.');
        if (days.Length > 2 || seconds.Length > 2
            || !Whole(days.Length == 2 ? days[0] : "0", 1_000_000, out var d)
            || !Whole(days[^1], days.Length == 2 ? 23 : 24_000_000, out var h)
            || !Whole(parts[1], 59, out var m)
            || !Whole(seconds[0], 59, out var s)
            || !Fraction(seconds.Length == 2 ? seconds[1] : "0", out var ticks))
        {
            return false;
        }
        value = new TimeSpan(d, 0, 0, 0) + TimeSpan.FromHours(h) + new TimeSpan(0, m, s) + new TimeSpan(ticks);
        return value <= Longest;
    }

    public static string Format(TimeSpan value)
    {
        var fraction = value.Ticks % TimeSpan.TicksPerSecond;
        var text = string.Create(CultureInfo.InvariantCulture,
            $"{(long)value.TotalHours:00}:{value.Minutes:00}:{value.Seconds:00}");
        return fraction == 0
            ? text
            : text + "." + fraction.ToString("0000000", CultureInfo.InvariantCulture).TrimEnd('0');
    }

    private static bool Whole(string text, int most, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value <= most;

    private static bool Fraction(string digits, out int ticks)
    {
        ticks = 0;
        return digits.Length is > 0 and <= 7
            && int.TryParse(digits.PadRight(7, '0'), NumberStyles.None, CultureInfo.InvariantCulture, out ticks);
    }
}
