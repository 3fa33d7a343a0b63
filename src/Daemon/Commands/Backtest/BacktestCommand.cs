using System.CommandLine;
using Realtime.Cells;
using Realtime.Daemon.Backtesting;
using Realtime.Daemon.Configuration;
using Realtime.Daemon.Hosting;
using Realtime.Training;

namespace Realtime.Daemon.Commands;

/// <summary><c>realtimed backtest</c>: recorded series through the daemon's loop, scored beside baselines.</summary>
internal sealed class BacktestCommand
{
    private readonly BacktestOptions _options = new();

    public static Command Create() => new BacktestCommand().CreateCommand();

    private Command CreateCommand()
    {
        var command = new Command(
            "backtest", "Scores a model on recorded series, through the daemon's loop, beside simple forecasts");
        foreach (var option in _options.All)
            command.Options.Add(option);
        command.Validators.Add(result =>
        {
            if (result.GetValue(_options.TestTo) is { } to && to <= result.GetValue(_options.TestFrom))
                result.AddError($"--test-to: found {to}, expected a row behind --test-from");
            if (result.GetValue(_options.Decoder) is { } decoder && result.GetValue(_options.RollOut) is null)
                result.AddError($"--decoder: found {decoder} without --roll-out, expected both");
            // What stands behind files is taken for one more of them.
            if (result.GetValue(_options.Data)?.FirstOrDefault(static file => file.StartsWith('-')) is { } unknown)
            {
                result.AddError($"found {unknown}, expected one of "
                    + string.Join(", ", _options.All.Select(static option => option.Name)));
            }
        });
        command.SetAction((arguments, stop) => Task.Run(() => Run(arguments, stop), CancellationToken.None));
        return command;
    }

    private int Run(ParseResult arguments, CancellationToken stop)
    {
        var plot = arguments.GetValue(_options.Plot);
        RefuseAPlaceThatIsNone(plot);
        var models = BacktestModels.Load(
            arguments.GetRequiredValue(_options.Model), arguments.GetValue(_options.RollOut) ?? 0,
            arguments.GetValue(_options.Decoder));
        var plan = new BacktestPlan
        {
            Season = arguments.GetValue(_options.Season),
            From = arguments.GetValue(_options.TestFrom) ?? 0,
            To = arguments.GetValue(_options.TestTo) ?? int.MaxValue,
        };
        var series = ReadSeries(arguments, models.First.Model);
        using var engines = ChooseEngines(arguments, series.Count);
        using var end = new End(null, stop);
        var page = plot is null ? null : new BacktestPage(models.First.Model, series);
        var result = Run(models, engines, series, plan, page, end.Token);
        RefuseNothingScored(result, plan);
        var output = arguments.InvocationConfiguration.Output;
        var title = new BacktestTitle(models, plan, arguments.GetValue(_options.ScaleRows));
        if (arguments.GetValue(_options.Json))
            JsonText.Write(output, json => BacktestJson.Write(json, title, result));
        else
            BacktestText.Write(output, title, result);
        if (page is null)
            return ExitCode.Done;
        File.WriteAllText(plot!, page.Write(title, result));
        arguments.InvocationConfiguration.Error.WriteLine($"wrote {plot}");
        return ExitCode.Done;
    }

    // A device is measured with as many streams as there are.
    private Engines ChooseEngines(ParseResult arguments, int streams)
    {
        var options = new RealtimeOptions();
        var engines = Engines.Choose(options with
        {
            Engine = options.Engine with
            {
                Kind = arguments.GetValue(_options.Engine) ?? EngineKind.Cpu,
                Device = arguments.GetValue(_options.Device),
            },
            Streams = options.Streams with { Max = Math.Max(1, streams) },
        });
        if (engines.Notice is { } notice)
            arguments.InvocationConfiguration.Error.WriteLine(notice);
        return engines;
    }

    private static BacktestResult Run(
        BacktestModels models, Engines engines, List<BacktestSeries> series, BacktestPlan plan, BacktestPage? page,
        CancellationToken stop)
    {
        try
        {
            var members = models.IsEnsemble
                ? models.Members.Select(one => new BacktestMember(one, BacktestRun.Run(
                    models.Subject(one, engines), series, plan, stop: stop))).ToArray()
                : [];
            var result = BacktestRun.Run(
                models.Subject(null, engines), series, plan, page is null ? null : page.Listen, stop: stop);
            return result with { Members = members };
        }
        catch (OperationCanceledException)
        {
            throw new StartException(ExitCode.Failed, ["ended on request, before all rows were stepped"]);
        }
    }

    private List<BacktestSeries> ReadSeries(ParseResult arguments, Model model)
    {
        var reader = new BacktestReader
        {
            Model = model,
            Format = new CsvFormat(
                arguments.GetValue(_options.Delimiter) ?? ',', !arguments.GetValue(_options.NoHeader)),
            Columns = arguments.GetValue(_options.Column)?.Split(',', StringSplitOptions.TrimEntries) ?? [],
            Group = arguments.GetValue(_options.Group),
            Rows = arguments.GetValue(_options.Rows),
            ScaleRows = arguments.GetValue(_options.ScaleRows),
            Cap = arguments.GetValue(_options.Cap),
        };
        var series = new List<BacktestSeries>();
        foreach (var file in TrainingData.FilesOf(arguments.GetRequiredValue(_options.Data)))
            series.AddRange(reader.Read(file));
        if (series.Count == 0)
            throw new StartException(ExitCode.Usage, ["--data: found no row, expected rows of values"]);
        return series;
    }

    private static void RefuseNothingScored(BacktestResult result, BacktestPlan plan)
    {
        if (result.Horizons.Any(static horizon => horizon.Model.Count != 0))
            return;
        var longest = result.Series.Max(static one => one.FileRows[^1] + 1);
        throw new StartException(ExitCode.Usage,
        [
            $"found no forecast to score: {longest} rows in the longest file, rows scored from {plan.From} on, "
                + $"horizons {string.Join(", ", result.Horizons.Select(static one => one.Horizon))}",
        ]);
    }

    // Before, not after, the time that it takes.
    private static void RefuseAPlaceThatIsNone(string? path)
    {
        if (path is null)
            return;
        var folder = Path.GetDirectoryName(Path.GetFullPath(path));
        if (!Directory.Exists(folder))
            throw new StartException(ExitCode.Usage, [$"--plot: found no folder {folder}, expected one that is there"]);
        if (Directory.Exists(path))
            throw new StartException(ExitCode.Usage, [$"--plot: found the folder {path}, expected a file"]);
    }
}
