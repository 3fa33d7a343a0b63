using Realtime.Cells;
using Realtime.Daemon.Hosting;
using Realtime.Training.Learning.Forecasting;

namespace Realtime.Daemon.Commands;

/// <summary>One call of <c>realtimed train</c>: the choice of the target, training, checkpoints.</summary>
internal sealed class TrainingRun(
    TrainingData data, ForecastTraining training, CheckpointFile checkpoint, TrainProgress progress,
    CancellationToken cancellation)
{
    public TrainedForecaster Train(bool choosesTarget)
    {
        if (checkpoint.Found is { } found)
            return Train(found.Target);
        if (!choosesTarget)
            return Train(training.Target);
        var trials = progress.Follow("trial", training.Epochs, report => TargetChoice.Try(data.Columns, data.Series,
            training, (target, epoch) => report(epoch, $"{NameOf(target)} "), cancellation));
        progress.Say($"targets: {NameOf(trials[0].Target)}; errors in trials: " + string.Join(", ",
            trials.Select(static trial => FormattableString.Invariant($"{NameOf(trial.Target)} {trial.Error:f4}"))));
        return cancellation.IsCancellationRequested ? trials[0].Result with { WasCancelled = true }
            : Train(trials[0].Target);
    }

    private static string NameOf(ForecastTarget target) =>
        target == ForecastTarget.Difference ? "differences" : "values";

    private TrainedForecaster Train(ForecastTarget target)
    {
        using var trainer = new ForecastTrainer(data.Columns, data.Series, training with { Target = target });
        Resume(trainer);
        var result = progress.Follow("", training.Epochs, report => trainer.Train(
            epoch =>
            {
                report(epoch, "");
                checkpoint.Keep(target, trainer.Checkpoint, atOnce: false);
            },
            cancellation));
        if (result.WasCancelled)
            checkpoint.Keep(target, trainer.Checkpoint, atOnce: true);
        return result;
    }

    private void Resume(ForecastTrainer trainer)
    {
        if (checkpoint.Found is not { } found)
            return;
        try
        {
            trainer.Resume(found.State);
        }
        catch (InvalidDataException e)
        {
            throw new StartException(ExitCode.Usage, [$"--resume: {e.Message}"]);
        }
    }
}
