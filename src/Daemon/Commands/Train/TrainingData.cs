using System.CommandLine;
using Realtime.Daemon.Hosting;
using Realtime.Training;
using Realtime.Training.Learning.Forecasting;

namespace Realtime.Daemon.Commands;

/// <summary>The series to learn from.</summary>
/// <param name="Columns">Names of the values of every row.</param>
/// <param name="Series">In the order of the files.</param>
internal sealed record TrainingData(IReadOnlyList<string> Columns, IReadOnlyList<RecordedSeries> Series)
{
    public long Rows => Series.Sum(static one => (long)one.Rows);

    public static TrainingData Read(TrainOptions options, ParseResult arguments)
    {
        var format = new CsvFormat(
            arguments.GetValue(options.Delimiter) ?? ',', !arguments.GetValue(options.NoHeader));
        var columns = options.ColumnsOf(arguments);
        var group = arguments.GetValue(options.Group);
        var series = new List<RecordedSeries>();
        foreach (var file in FilesOf(arguments.GetRequiredValue(options.Data)))
        {
            if (columns.Count == 0)
                columns = [.. SeriesColumns.Detect(file, format).Values.Where(column => column != group)];
            series.AddRange(RecordedSeries.Read(
                file, format, new SeriesColumns(columns, Group: group), arguments.GetValue(options.Rows)));
        }

        return new TrainingData(columns, series);
    }

    internal static IEnumerable<string> FilesOf(string[] places)
    {
        foreach (var place in places)
        {
            if (!Directory.Exists(place))
            {
                yield return place;
                continue;
            }

            string[] files = [.. Directory.EnumerateFiles(place, "*.csv").Order(StringComparer.Ordinal)];
            if (files.Length == 0)
                throw new StartException(ExitCode.Usage, [$"--data: found no .csv file in {place}"]);
            foreach (var file in files)
                yield return file;
        }
    }
}
