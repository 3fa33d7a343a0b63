using System.Globalization;

namespace Realtime.Training;

/// <summary>What a cell's characters mean.</summary>
public static class CellText
{
    private static readonly string[] MissingMarks = ["nan", "na", "n/a", "null", "none", "?"];

    /// <summary>Empty, NaN, NA, N/A, null, none or ?.</summary>
    public static bool IsMissing(ReadOnlySpan<char> cell)
    {
        if (cell.IsEmpty)
        {
            return true;
        }
        foreach (var mark in MissingMarks)
        {
            if (cell.Equals(mark, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>A finite number with a decimal point.</summary>
    public static bool TryNumber(ReadOnlySpan<char> cell, out double number) =>
        double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);
}
