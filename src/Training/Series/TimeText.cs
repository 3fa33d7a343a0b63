using System.Globalization;

namespace Realtime.Training;

/// <summary>
/// Times as files write them, to nanoseconds since 1970 UTC, whatever the machine's language: <c>2016-07-01</c>,
/// <c>2016-07-01 13:00[:00[.123456789]]</c> with a blank or T and an optional Z or offset, the same with slashes,
/// <c>1949-01</c>, <c>7/1/2016 13:00</c> (month first), and numbers since 1970: whole ones below 1e11 in size are
/// seconds, below 1e14 milliseconds, below 1e17 microseconds, else nanoseconds; with a fraction, seconds. Without an
/// offset it is UTC.
/// </summary>
public static class TimeText
{
    private const long PerSecond = 1_000_000_000;
    private const long PerMinute = 60 * PerSecond;
    private const long PerHour = 60 * PerMinute;
    private const long PerDay = 24 * PerHour;
    private const int FractionDigits = 9;

    // The range of a 64-bit count of nanoseconds.
    private const int FirstYear = 1678;
    private const int LastYear = 2261;

    private const double MostSeconds = 9.2e9;

    private static readonly int Epoch = new DateOnly(1970, 1, 1).DayNumber;

    public static bool TryParse(ReadOnlySpan<char> text, out long nanoseconds)
    {
        text = text.Trim();
        return TryParseNumber(text, out nanoseconds) || TryParseDate(text, out nanoseconds);
    }

    /// <summary>Only the forms with a calendar date.</summary>
    public static bool TryParseDate(ReadOnlySpan<char> text, out long nanoseconds)
    {
        nanoseconds = 0;
        var rest = text.Trim();
        if (!TryDay(ref rest, out var day) || !TryTimeOfDay(ref rest, out var time)
            || !TryOffset(ref rest, out var offset))
        {
            return false;
        }
        nanoseconds = day + time - offset;
        return rest.IsEmpty;
    }

    private static bool TryParseNumber(ReadOnlySpan<char> text, out long nanoseconds)
    {
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
        {
            var unit = whole switch
            {
                > -100_000_000_000 and < 100_000_000_000 => PerSecond,
                > -100_000_000_000_000 and < 100_000_000_000_000 => PerSecond / 1_000,
                > -100_000_000_000_000_000 and < 100_000_000_000_000_000 => PerSecond / 1_000_000,
                _ => 1,
            };
            nanoseconds = unchecked(whole * unit);
            return unit == 1 || Math.Abs(whole) <= long.MaxValue / unit;
        }
        nanoseconds = 0;
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
            || !(Math.Abs(seconds) < MostSeconds))
        {
            return false;
        }
        // Seconds and fraction apart, as a double holds no nanoseconds of today.
        var floor = Math.Floor(seconds);
        nanoseconds = (long)floor * PerSecond + (long)Math.Round((seconds - floor) * PerSecond);
        return true;
    }

    private static bool TryDay(ref ReadOnlySpan<char> rest, out long nanoseconds)
    {
        nanoseconds = 0;
        if (!TryDigits(ref rest, 1, 4, out var first, out var digits) || rest.IsEmpty || rest[0] is not ('-' or '/'))
        {
            return false;
        }
        var separator = rest[0];
        int year, month, day = 1;
        if (digits == 4)
        {
            year = first;
            if (!TrySeparated(ref rest, separator, 1, 2, out month)
                || (!rest.IsEmpty && rest[0] == separator && !TrySeparated(ref rest, separator, 1, 2, out day)))
            {
                return false;
            }
        }
        else
        {
            month = first;
            if (separator != '/' || digits > 2 || !TrySeparated(ref rest, '/', 1, 2, out day)
                || !TrySeparated(ref rest, '/', 4, 4, out year))
            {
                return false;
            }
        }
        if (year is < FirstYear or > LastYear || month is < 1 or > 12
            || day < 1 || day > DateTime.DaysInMonth(year, month))
        {
            return false;
        }
        nanoseconds = (new DateOnly(year, month, day).DayNumber - Epoch) * PerDay;
        return true;
    }

    // Nothing, or hours:minutes, seconds, a fraction.
    private static bool TryTimeOfDay(ref ReadOnlySpan<char> rest, out long nanoseconds)
    {
        nanoseconds = 0;
        if (rest.IsEmpty || rest[0] is not (' ' or 'T' or 't'))
        {
            return true;
        }
        rest = rest[1..].TrimStart(' ');
        var second = 0;
        if (!TryDigits(ref rest, 1, 2, out var hour, out _) || !TrySeparated(ref rest, ':', 2, 2, out var minute)
            || (!rest.IsEmpty && rest[0] == ':' && !TrySeparated(ref rest, ':', 2, 2, out second)))
        {
            return false;
        }
        nanoseconds = hour * PerHour + minute * PerMinute + second * PerSecond;
        if (!rest.IsEmpty && rest[0] is '.' or ',')
        {
            rest = rest[1..];
            if (!TryDigits(ref rest, 1, FractionDigits, out var fraction, out var digits))
            {
                return false;
            }
            for (; digits < FractionDigits; digits++)
            {
                fraction *= 10;
            }
            nanoseconds += fraction;
        }
        return hour < 24 && minute < 60 && second < 60;
    }

    // Nothing, Z, UTC, or ±hours[[:]minutes].
    private static bool TryOffset(ref ReadOnlySpan<char> rest, out long nanoseconds)
    {
        nanoseconds = 0;
        rest = rest.TrimStart(' ');
        if (rest.IsEmpty || rest is "Z" or "z" or "UTC")
        {
            rest = default;
            return true;
        }
        if (rest[0] is not ('+' or '-'))
        {
            return false;
        }
        var sign = rest[0] == '-' ? -1 : 1;
        rest = rest[1..];
        if (!TryDigits(ref rest, 2, 4, out var hour, out var digits) || digits == 3)
        {
            return false;
        }
        var minute = 0;
        if (digits == 4)
        {
            (hour, minute) = (hour / 100, hour % 100);
        }
        else if (!rest.IsEmpty && !TrySeparated(ref rest, ':', 2, 2, out minute))
        {
            return false;
        }
        nanoseconds = sign * (hour * PerHour + minute * PerMinute);
        return hour < 24 && minute < 60;
    }

    private static bool TrySeparated(ref ReadOnlySpan<char> rest, char separator, int least, int most, out int value)
    {
        value = 0;
        if (rest.IsEmpty || rest[0] != separator)
        {
            return false;
        }
        rest = rest[1..];
        return TryDigits(ref rest, least, most, out value, out _);
    }

    private static bool TryDigits(ref ReadOnlySpan<char> rest, int least, int most, out int value, out int digits)
    {
        (value, digits) = (0, 0);
        while (digits < rest.Length && char.IsAsciiDigit(rest[digits]))
        {
            if (digits == most)
            {
                return false;
            }
            value = 10 * value + (rest[digits] - '0');
            digits++;
        }
        rest = rest[digits..];
        return digits >= least;
    }
}
