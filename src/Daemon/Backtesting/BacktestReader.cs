using System.Runtime.InteropServices;
using Realtime.Cells;
using Realtime.Daemon.Hosting;
using Realtime.Training;

namespace Realtime.Daemon.Backtesting;

/// <summary>Reads files as the series of a backtest.</summary>
internal sealed class BacktestReader
{
    public required Model Model { get; init; }
    public required CsvFormat Format { get; init; }

    /// <summary>Columns asked for; none where the model decides.</summary>
    public IReadOnlyList<string> Columns { get; init; } = [];

    /// <summary>The column each value of which is a series of its own; null without one.</summary>
    public string? Group { get; init; }

    /// <summary>No more than the first so many rows of each file; null for all.</summary>
    public int? Rows { get; init; }

    /// <summary>Errors are divided by the standard deviation of the first so many rows of a column; null for 1.
    /// </summary>
    public int? ScaleRows { get; init; }

    /// <summary>Most rows that are counted as left to the end; null for no limit.</summary>
    public int? Cap { get; init; }

    /// <summary>The series of a file, in the order of their first rows.</summary>
    /// <exception cref="StartException">Its columns do not fit the model.</exception>
    /// <exception cref="SeriesFormatException">It cannot be read as one of that format.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public IReadOnlyList<BacktestSeries> Read(string file)
    {
        var detected = SeriesColumns.Detect(file, Format);
        string[] numbers = [.. detected.Values.Where(column => column != Group)];
        var streams = StreamColumns.Of(file, Model, Columns, numbers);
        string[] needed = [.. streams.SelectMany(static one => one.Inputs.Concat(one.Outputs.OfType<string>()))
            .Distinct()];
        var series = new Dictionary<string, BacktestSeries[]>(StringComparer.Ordinal);
        using var reader = new SeriesReader(file, Format, new SeriesColumns(needed, detected.Time, Group));
        var scales = new ColumnScales(needed.Length, ScaleRows ?? 0);
        for (var row = 0; row != Rows && reader.Read(); row++)
        {
            if (!series.TryGetValue(reader.Group, out var group))
                series.Add(reader.Group, group = [.. streams.Select(one => MakeSeries(file, reader.Group, one))]);
            scales.Add(reader.Values);
            for (var i = 0; i < streams.Count; i++)
                AddRow(group[i], streams[i], needed, reader, row);
        }

        foreach (var group in series.Values)
            Complete(group, streams, needed, ScaleRows is null ? null : scales.Deviations);
        return [.. series.Values.SelectMany(static group => group)];
    }

    private static void AddRow(
        BacktestSeries series, StreamColumns columns, string[] needed, SeriesReader reader, int row)
    {
        foreach (var column in columns.Inputs)
            series.Values.Add(reader.Values[Array.IndexOf(needed, column)]);
        foreach (var column in columns.Outputs)
            series.Actual.Add(column is null ? double.NaN : reader.Values[Array.IndexOf(needed, column)]);
        if (reader.Time is { } time)
            series.Times.Add(time);
        series.FileRows.Add(row);
    }

    private BacktestSeries MakeSeries(string file, string group, StreamColumns columns)
    {
        var name = Path.GetFileNameWithoutExtension(file);
        if (group.Length != 0)
            name += "/" + group;
        if (columns.Column is { } column)
            name += "/" + column;
        return new BacktestSeries(name, columns.Inputs.Count, columns.Outputs.Count)
        {
            IsOfOwnRow = columns.Outputs.Contains(null),
        };
    }

    private void Complete(
        BacktestSeries[] group, IReadOnlyList<StreamColumns> streams, string[] needed, double[]? deviations)
    {
        for (var i = 0; i < group.Length; i++)
        {
            var outputs = streams[i].Outputs;
            for (var output = 0; output < outputs.Count; output++)
            {
                if (outputs[output] is null)
                    CountDown(group[i], output);
            }

            group[i].Scale = deviations is null ? null
                : [.. outputs.Select(column => column is null ? 1 : deviations[Array.IndexOf(needed, column)])];
        }
    }

    private void CountDown(BacktestSeries series, int output)
    {
        var actual = CollectionsMarshal.AsSpan(series.Actual);
        for (var row = 0; row < series.Rows; row++)
            actual[row * series.Outputs + output] = Math.Min(series.Rows - 1 - row, Cap ?? int.MaxValue);
    }
}
