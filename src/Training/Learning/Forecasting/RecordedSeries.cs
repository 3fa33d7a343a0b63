namespace Realtime.Training.Learning.Forecasting;

/// <summary>One series, whole: what a stream would bring.</summary>
/// <param name="Name">Of the file, and of the group where there is one.</param>
/// <param name="Columns">Values per row.</param>
/// <param name="Values">[row][column]; NaN is missing.</param>
public sealed record RecordedSeries(string Name, int Columns, double[] Values)
{
    public int Rows => Values.Length / Columns;

    public ReadOnlySpan<double> Row(int row) => Values.AsSpan(row * Columns, Columns);

    /// <summary>
    /// The series of a file, one for each value of the group column, in the order of their first rows.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="format">How it is written.</param>
    /// <param name="columns">Which columns are values, and which names the group.</param>
    /// <param name="rows">No more than the first so many rows of the file; null for all.</param>
    /// <exception cref="SeriesFormatException">The file cannot be read as one of that format.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static IReadOnlyList<RecordedSeries> Read(
        string path, CsvFormat format, SeriesColumns columns, int? rows = null)
    {
        using var reader = new SeriesReader(path, format, columns);
        var groups = new Dictionary<string, List<double>>(StringComparer.Ordinal);
        for (var row = 0; row != rows && reader.Read(); row++)
        {
            if (!groups.TryGetValue(reader.Group, out var values))
            {
                groups.Add(reader.Group, values = []);
            }
            values.AddRange(reader.Values);
        }
        var file = Path.GetFileNameWithoutExtension(path);
        return [.. groups.Select(group => new RecordedSeries(
            group.Key.Length == 0 ? file : $"{file}/{group.Key}", columns.Values.Count, [.. group.Value]))];
    }
}
