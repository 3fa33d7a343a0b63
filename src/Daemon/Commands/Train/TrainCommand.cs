using System.CommandLine;
using Realtime.Daemon.Hosting;
using Realtime.Training.Learning.Forecasting;

namespace Realtime.Daemon.Commands;

/// <summary><c>realtimed train</c>: a forecaster from recorded series.</summary>
internal sealed class TrainCommand
{
    private readonly TrainOptions _options = new();

    public static Command Create() => new TrainCommand().CreateCommand();

    private Command CreateCommand()
    {
        var command = new Command("train", "Trains a forecaster on recorded series and writes its model file");
        foreach (var option in _options.All)
            command.Options.Add(option);
        command.SetAction((arguments, stop) => Task.Run(() => Train(arguments, stop), CancellationToken.None));
        return command;
    }

    private int Train(ParseResult arguments, CancellationToken stop)
    {
        var error = arguments.InvocationConfiguration.Error;
        var output = arguments.InvocationConfiguration.Output;
        var path = arguments.GetRequiredValue(_options.Out);
        RefuseAPlaceThatIsNone(path);
        var data = TrainingData.Read(_options, arguments);
        var training = _options.TrainingOf(arguments, Path.GetFileNameWithoutExtension(path), data.Rows);
        error.WriteLine($"learning from {data.Series.Count} series of {data.Rows} rows: "
            + $"{string.Join(", ", data.Columns)}");
        using var end = new End(null, stop);
        var result = Train(data, training, output, end);
        File.WriteAllBytes(path, result.File);
        TrainReport.WriteSummary(output, result, path);
        if (arguments.GetResult(_options.Adapt) is null or { Implicit: true })
            error.WriteLine("note: the file has a fixed head; heads that adapt to each stream are not written yet");
        return ExitCode.Done;
    }

    private static TrainedForecaster Train(
        TrainingData data, ForecastTraining training, TextWriter output, End end)
    {
        try
        {
            using var trainer = new ForecastTrainer(data.Columns, data.Series, training);
            return TrainReport.Follow(output, training.Epochs, report => trainer.Train(report, end.Token));
        }
        catch (ArgumentException e)
        {
            throw new StartException(ExitCode.Usage, [e.Message]);
        }
    }

    // Before, not after, the time that training takes.
    private static void RefuseAPlaceThatIsNone(string path)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path));
        if (!Directory.Exists(folder))
            throw new StartException(ExitCode.Usage, [$"--out: found no folder {folder}, expected one that is there"]);
        if (Directory.Exists(path))
            throw new StartException(ExitCode.Usage, [$"--out: found the folder {path}, expected a file"]);
    }
}
