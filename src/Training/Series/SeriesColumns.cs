namespace Realtime.Training;

/// <summary>Which columns of a file are values, and which is the time.</summary>
/// <param name="Values">Names of the value columns, in the order of the file or as asked for.</param>
/// <param name="Time">The time column; null without one.</param>
/// <param name="Group">The column that names the stream of a row; null where the file is one stream.</param>
public sealed record SeriesColumns(IReadOnlyList<string> Values, string? Time = null, string? Group = null)
{
    // Enough that a column that starts with missing cells is recognised, little enough for a file of any size.
    private const int RowsLookedAt = 10_000;

    private static readonly string[] TimeNames = ["date", "time", "timestamp", "datetime", "ts"];

    /// <summary>
    /// Looks at the first rows: the time is the first column of calendar dates, else one named date, time, timestamp,
    /// datetime or ts; values are the other columns whose cells are numbers or missing, at least one a number.
    /// </summary>
    /// <exception cref="SeriesFormatException">The file cannot be read as one of that format.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static SeriesColumns Detect(string path, CsvFormat format)
    {
        using var reader = CsvReader.Open(path, format);
        var kinds = new Cells[reader.Columns.Count];
        for (var row = 0; row < RowsLookedAt && reader.Read(); row++)
        {
            for (var i = 0; i < kinds.Length; i++)
            {
                kinds[i] |= KindOf(reader[i]);
            }
        }
        var time = Array.IndexOf(kinds, Cells.Dates);
        if (time < 0)
        {
            var names = reader.Columns.ToList();
            time = names.FindIndex(name => TimeNames.Contains(name, StringComparer.OrdinalIgnoreCase));
            time = time >= 0 && kinds[time] == Cells.Numbers ? time : -1;
        }
        var values = Enumerable.Range(0, kinds.Length).Where(i => i != time && IsNumeric(kinds[i]));
        return new([.. values.Select(i => reader.Columns[i])], time < 0 ? null : reader.Columns[time]);
    }

    private static bool IsNumeric(Cells kind) => kind is Cells.Numbers or (Cells.Numbers | Cells.Missing);

    private static Cells KindOf(ReadOnlySpan<char> cell) =>
        CellText.IsMissing(cell) ? Cells.Missing
        : CellText.TryNumber(cell, out _) ? Cells.Numbers
        : TimeText.TryParseDate(cell, out _) ? Cells.Dates
        : Cells.Text;

    [Flags]
    private enum Cells
    {
        None = 0,
        Missing = 1,
        Numbers = 2,
        Dates = 4,
        Text = 8,
    }
}
