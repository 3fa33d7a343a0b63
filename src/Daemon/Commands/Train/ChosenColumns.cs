using System.CommandLine;
using Realtime.Daemon.Hosting;
using Realtime.Training;

namespace Realtime.Daemon.Commands;

/// <summary>Which columns of the files are learnt from, and which are predicted.</summary>
/// <param name="Kind">What is predicted.</param>
/// <param name="Series">The columns that are read; a class is the last.</param>
/// <param name="Inputs">By number; behind those that are read comes what remains.</param>
/// <param name="Outputs">Likewise.</param>
internal sealed record ChosenColumns(
    TaskKind Kind, SeriesColumns Series, IReadOnlyList<int> Inputs, IReadOnlyList<int> Outputs)
{
    public static ChosenColumns Of(
        TrainDataOptions options, ParseResult arguments, SeriesColumns detected, bool asClasses)
    {
        var (target, group) = (arguments.GetValue(options.Target), arguments.GetValue(options.Group));
        var asked = TrainDataOptions.NamesIn(arguments.GetValue(options.Column));
        var covariates = TrainDataOptions.NamesIn(arguments.GetValue(options.Covariate));
        if (arguments.GetValue(options.Cap) is not null && target != TrainDataOptions.Remaining)
            throw Wrong("--cap: found without --target remaining, whose largest number it is");
        if (target == TrainDataOptions.Remaining && arguments.GetValue(options.Rows) is not null)
            throw Wrong("--rows: expected none with --target remaining, as a series that is cut off ends too early");
        if (asClasses && target is null or TrainDataOptions.Remaining)
            throw Wrong("--loss cross-entropy: expected --target with a column of classes");
        List<string> values = asked.Count > 0 ? [.. asked] : [.. detected.Values.Where(
            column => column != group && column != target && !covariates.Contains(column))];
        List<string> inputs = [.. values, .. covariates.Where(column => !values.Contains(column))];
        if (inputs.Count == 0)
            throw Wrong("found no column of numbers to learn from, expected at least one");
        SeriesColumns Columns(IReadOnlyList<string> names) => new(names, detected.Time, group);
        int[] all = [.. Enumerable.Range(0, inputs.Count)];
        if (target is null)
            return new(TaskKind.Forecast, Columns(inputs), all, all[..values.Count]);
        if (target == TrainDataOptions.Remaining)
            return new(TaskKind.Remaining, Columns(inputs), all, [inputs.Count]);
        if (asClasses || !detected.Values.Contains(target) && target != detected.Time)
            return new(TaskKind.Classes, Columns([.. inputs.Where(column => column != target), target]),
                all[..inputs.Count(column => column != target)], [inputs.Count(column => column != target)]);
        var at = inputs.IndexOf(target);
        return at >= 0
            ? new(TaskKind.Forecast, Columns(inputs), all, [at])
            : new(TaskKind.Forecast, Columns([.. inputs, target]), all, [inputs.Count]);
    }

    private static StartException Wrong(string message) => new(ExitCode.Usage, [message]);
}
