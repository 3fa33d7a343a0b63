using System.CommandLine;
using Realtime.Daemon.Hosting;
using Realtime.Training.Learning.Forecasting;

namespace Realtime.Daemon.Commands;

/// <summary><c>realtimed train</c>: a model from recorded series.</summary>
internal sealed class TrainCommand
{
    private readonly TrainOptions _options = new();

    public static Command Create() => new TrainCommand().CreateCommand();

    private Command CreateCommand()
    {
        var command = new Command("train", "Trains a model on recorded series and writes its file");
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
        var data = TrainingData.Read(_options.Data, arguments, _options.AsksForClasses(arguments));
        var training = _options.TrainingOf(arguments, Path.GetFileNameWithoutExtension(path), data);
        var checkpoint = new CheckpointFile(path);
        if (arguments.GetValue(_options.Resume))
            checkpoint.Read();
        error.WriteLine($"learning from {data.Series.Count} series of {data.Rows} rows: "
            + $"{string.Join(", ", data.Inputs.Select(i => data.Columns[i]))}"
            + (data.OutputsAreInputs ? "" : $" to predict {data.Columns[data.Outputs[^1]]}"));
        using var end = new End(null, stop);
        var run = new TrainingRun(data, training, checkpoint, new TrainProgress(output), end.Token);
        var result = Run(run, _options.ChoosesTarget(arguments, data));
        File.WriteAllBytes(path, result.File);
        LossCurve.Write(Path.ChangeExtension(path, ".svg"), training.Name, result);
        TrainReport.WriteSummary(output, result, data, path);
        checkpoint.End(result.WasCancelled, output);
        return ExitCode.Done;
    }

    private static TrainedForecaster Run(TrainingRun run, bool choosesTarget)
    {
        try
        {
            return run.Train(choosesTarget);
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
