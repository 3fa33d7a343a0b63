using System.Globalization;

namespace Realtime.Daemon.Commands;

/// <summary>Numbers and times in as few characters as tell enough.</summary>
internal static class ShortText
{
    public const string Nothing = "-";

    private const int Digits = 4;
    private const double Smallest = 0.001;

    private static readonly (double Size, string Unit)[] Sizes =
        [(1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")];

    /// <summary>Four digits: 0.0312, 23.12, 12.34k, 1.2e-05; "-" for NaN.</summary>
    public static string Number(double value)
    {
        var size = Math.Abs(value);
        if (!double.IsFinite(value))
            return Nothing;
        if (size is 0 or >= 1e18 || size < Smallest)
            return size == 0 ? "0" : value.ToString("0.0e+0", CultureInfo.InvariantCulture);
        foreach (var (unitSize, unit) in Sizes)
        {
            if (size >= unitSize)
                return Rounded(unit == "k" ? value / 1e3 : value / unitSize) + unit;
        }

        return Rounded(value);
    }

    /// <summary>The same with the sign of a positive number.</summary>
    public static string Signed(double value) => value > 0 ? "+" + Number(value) : Number(value);

    /// <summary>A whole number with blanks between thousands.</summary>
    public static string Count(double value) =>
        value.ToString("#,0", CultureInfo.InvariantCulture).Replace(',', ' ');

    /// <summary>Ticks a second.</summary>
    public static string Rate(double perSecond) => perSecond >= 100 ? Count(perSecond)
        : perSecond.ToString("0.0", CultureInfo.InvariantCulture);

    /// <summary>820 µs, 1.3 ms, 2.1 s, 4 m 10 s, 3.2 d.</summary>
    public static string Duration(double nanoseconds)
    {
        if (!double.IsFinite(nanoseconds))
            return Nothing;
        return Math.Abs(nanoseconds) switch
        {
            < 1e6 => Invariant($"{nanoseconds / 1e3:0} µs"),
            < 1e8 => Invariant($"{nanoseconds / 1e6:0.0} ms"),
            < 1e9 => Invariant($"{nanoseconds / 1e6:0} ms"),
            < 60e9 => Invariant($"{nanoseconds / 1e9:0.0} s"),
            < 3600e9 => Invariant($"{(int)(nanoseconds / 60e9)} m {(int)(nanoseconds / 1e9) % 60} s"),
            < 86400e9 => Invariant($"{(int)(nanoseconds / 3600e9)} h {(int)(nanoseconds / 60e9) % 60} m"),
            _ => Invariant($"{nanoseconds / 86400e9:0.0} d"),
        };
    }

    /// <summary>A time in nanoseconds since 1970, to the millisecond.</summary>
    public static string Time(long nanoseconds) => DateTime.UnixEpoch.AddTicks(nanoseconds / 100)
        .ToString("yyyy-MM-dd HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>A text of at most so many characters; the middle of a longer one is left out.</summary>
    public static string Cut(string text, int length) => text.Length <= length
        ? text
        : string.Concat(text.AsSpan(0, length / 3), "…", text.AsSpan(text.Length - (length - length / 3 - 1)));

    private static string Rounded(double value)
    {
        var before = value == 0 ? 1 : (int)Math.Floor(Math.Log10(Math.Abs(value))) + 1;
        var decimals = Math.Clamp(Digits - before, 0, Digits);
        return Math.Round(value, decimals).ToString("0." + new string('#', decimals), CultureInfo.InvariantCulture);
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
