namespace Realtime.Training.Learning.Forecasting;

/// <summary>One series, whole: what a stream would bring.</summary>
/// <param name="Name">Of the file, and of the group where there is one.</param>
/// <param name="Columns">Values per row.</param>
/// <param name="Values">[row][column]; NaN is missing.</param>
/// <param name="Times">One per row, in nanoseconds since 1970 UTC; null without.</param>
public sealed record RecordedSeries(string Name, int Columns, double[] Values, long[]? Times = null)
{
    public int Rows => Values.Length / Columns;

    public ReadOnlySpan<double> Row(int row) => Values.AsSpan(row * Columns, Columns);

    /// <summary>The same with one more column behind the others: the number of rows that come behind each row, no more
    /// than a cap.</summary>
    public RecordedSeries WithRemaining(int cap)
    {
        var values = new double[checked(Rows * (Columns + 1))];
        for (var row = 0; row < Rows; row++)
        {
            Row(row).CopyTo(values.AsSpan(row * (Columns + 1)));
            values[row * (Columns + 1) + Columns] = Math.Min(cap, Rows - 1 - row);
        }
        return new(Name, Columns + 1, values, Times);
    }

    /// <summary>
    /// The series of a file, one for each value of the group column, in the order of their first rows.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="format">How it is written.</param>
    /// <param name="columns">Which columns are values, and which names the group.</param>
    /// <param name="rows">No more than the first so many rows of the file; null for all.</param>
    /// <param name="classes">Of the last value column, which then has their numbers; those found are added.</param>
    /// <exception cref="SeriesFormatException">The file cannot be read as one of that format.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static IReadOnlyList<RecordedSeries> Read(
        string path, CsvFormat format, SeriesColumns columns, int? rows = null, List<string>? classes = null)
    {
        using var reader = new SeriesReader(path, format, columns, classes);
        var groups = new Dictionary<string, (List<double> Values, List<long> Times)>(StringComparer.Ordinal);
        for (var row = 0; row != rows && reader.Read(); row++)
        {
            if (!groups.TryGetValue(reader.Group, out var group))
            {
                groups.Add(reader.Group, group = ([], []));
            }
            group.Values.AddRange(reader.Values);
            if (reader.Time is { } time)
            {
                group.Times.Add(time);
            }
        }
        var file = Path.GetFileNameWithoutExtension(path);
        return [.. groups.Select(group => new RecordedSeries(
            group.Key.Length == 0 ? file : $"{file}/{group.Key}", columns.Values.Count, [.. group.Value.Values],
            columns.Time is null ? null : [.. group.Value.Times]))];
    }
}
