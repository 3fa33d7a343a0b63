using System.CommandLine;
using Realtime.Daemon.Hosting;
using Realtime.Training;
using Realtime.Training.Learning.Forecasting;

namespace Realtime.Daemon.Commands;

/// <summary>What there is to predict.</summary>
internal enum TaskKind
{
    /// <summary>Values of rows to come.</summary>
    Forecast,

    /// <summary>The rows left to the end of a series.</summary>
    Remaining,

    /// <summary>The class of a row.</summary>
    Classes,
}

/// <summary>The series to learn from.</summary>
/// <param name="Kind">What is predicted.</param>
/// <param name="Columns">Names of the values of every row.</param>
/// <param name="Inputs">Those the network takes, by number.</param>
/// <param name="Outputs">Those it predicts, by number.</param>
/// <param name="Classes">Names of the classes, sorted, whose numbers are in the output; else none.</param>
/// <param name="Series">In the order of the files.</param>
internal sealed record TrainingData(TaskKind Kind, IReadOnlyList<string> Columns, IReadOnlyList<int> Inputs,
    IReadOnlyList<int> Outputs, IReadOnlyList<string> Classes, IReadOnlyList<RecordedSeries> Series)
{
    public long Rows => Series.Sum(static one => (long)one.Rows);

    /// <summary>Whether everything that is predicted comes in as a value, too.</summary>
    public bool OutputsAreInputs => Outputs.All(Inputs.Contains);

    /// <param name="options">Which they are.</param>
    /// <param name="arguments">The command line.</param>
    /// <param name="asClasses">Whether the target is a class even where its cells are numbers.</param>
    public static TrainingData Read(TrainDataOptions options, ParseResult arguments, bool asClasses)
    {
        var format = new CsvFormat(
            arguments.GetValue(options.Delimiter) ?? ',', !arguments.GetValue(options.NoHeader));
        string[] files = [.. FilesOf(arguments.GetRequiredValue(options.Data))];
        var columns = ChosenColumns.Of(options, arguments, SeriesColumns.Detect(files[0], format), asClasses);
        var classes = columns.Kind == TaskKind.Classes ? new List<string>() : null;
        var series = new List<RecordedSeries>();
        foreach (var file in files)
            series.AddRange(RecordedSeries.Read(
                file, format, columns.Series, arguments.GetValue(options.Rows), classes));
        if (columns.Kind == TaskKind.Remaining)
            return WithRemaining(columns, series, arguments.GetValue(options.Cap) ?? int.MaxValue);
        if (classes is not null)
            series = WithSortedClasses(series, classes);
        return new TrainingData(
            columns.Kind, columns.Series.Values, columns.Inputs, columns.Outputs, classes ?? [], series);
    }

    private static TrainingData WithRemaining(ChosenColumns columns, List<RecordedSeries> series, int cap)
    {
        if (series.Count < 2)
        {
            throw new StartException(ExitCode.Usage, ["--target remaining: found one series, expected several that "
                + "each go to their end: --group names the column that tells them apart"]);
        }

        return new TrainingData(columns.Kind, [.. columns.Series.Values, TrainDataOptions.Remaining], columns.Inputs,
            columns.Outputs, [], [.. series.Select(one => one.WithRemaining(cap))]);
    }

    // In the order of their names, not of their first rows.
    private static List<RecordedSeries> WithSortedClasses(List<RecordedSeries> series, List<string> classes)
    {
        if (classes.Count < 2)
        {
            throw new StartException(
                ExitCode.Usage, [$"--target: found {classes.Count} class, expected at least two"]);
        }

        var found = classes.ToArray();
        classes.Sort(StringComparer.Ordinal);
        foreach (var one in series)
        {
            for (var row = 0; row < one.Rows; row++)
            {
                ref var value = ref one.Values[(row + 1) * one.Columns - 1];
                value = double.IsNaN(value) ? value : classes.IndexOf(found[(int)value]);
            }
        }

        return series;
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
