using Realtime.Training.Learning.Forecasting;
using Spectre.Console;

namespace Realtime.Daemon.Commands;

/// <summary>What training says: a bar on a terminal, else a line for each epoch; and how it came out.</summary>
internal static class TrainReport
{
    public static TrainedForecaster Follow(
        TextWriter output, int epochs, Func<Action<EpochReport>, TrainedForecaster> train)
    {
        if (!StandardOutput.IsTerminal(output))
            return train(report => output.WriteLine(LineOf(report)));
        return AnsiConsole.Progress()
            .Columns(new SpinnerColumn(), new ProgressBarColumn(), new TaskDescriptionColumn(),
                new RemainingTimeColumn())
            .Start(progress =>
            {
                var bar = progress.AddTask("", maxValue: epochs);
                return train(report =>
                {
                    bar.Description = Markup.Escape(LineOf(report));
                    bar.Value = report.Epoch;
                });
            });
    }

    public static void WriteSummary(TextWriter output, TrainedForecaster result, string path)
    {
        var ended = result.WasCancelled ? "ended on request" : "ended";
        output.WriteLine($"{ended} after {result.Epochs.Count} epochs; the best was number {result.BestEpoch}");
        output.WriteLine("mean squared errors of the rows that judge, in standard deviations of the rows learnt from");
        var seasonal = result.Errors.Any(static errors => errors.SeasonalNaive.Count > 0);
        string[] names = [">horizon", ">model", ">persistence", ">ratio"];
        var table = new TextTable(seasonal ? [.. names, ">seasonal naive"] : names);
        foreach (var errors in result.Errors)
        {
            string[] cells =
            [
                $"{errors.Horizon}", Text(errors.Model.Mse), Text(errors.Persistence.Mse),
                Text(errors.Model.Mse / errors.Persistence.Mse),
            ];
            table.Add(seasonal ? [.. cells, Text(errors.SeasonalNaive.Mse)] : cells);
        }

        table.WriteTo(output);
        output.WriteLine($"wrote {path}, {result.File.Length} bytes");
    }

    private static string LineOf(EpochReport report) => FormattableString.Invariant(
        $"epoch {report.Epoch}  loss {report.Loss:f5}  validation {report.ValidationLoss:f5}")
        + FormattableString.Invariant($"{(report.IsBest ? " *" : "  ")}  rate {report.Rate:g3}");

    private static string Text(double value) => FormattableString.Invariant($"{value:f4}");
}
