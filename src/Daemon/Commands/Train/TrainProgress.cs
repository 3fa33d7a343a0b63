using System.Diagnostics;
using Realtime.Training.Learning.Forecasting;
using Spectre.Console;

namespace Realtime.Daemon.Commands;

/// <summary>How training goes: a bar on a terminal, else a line for each epoch.</summary>
internal sealed class TrainProgress(TextWriter output)
{
    public void Say(string line) => output.WriteLine(line);

    /// <param name="what">Of several trainings, which.</param>
    /// <param name="epochs">At most.</param>
    /// <param name="train">Gets what each epoch is to be told to, with a word about it.</param>
    public T Follow<T>(string what, int epochs, Func<Action<EpochReport, string>, T> train)
    {
        var start = Stopwatch.GetTimestamp();
        var first = 0;
        string Line(EpochReport report, string word)
        {
            first = first == 0 ? report.Epoch : first;
            var perEpoch = Stopwatch.GetElapsedTime(start) / (report.Epoch - first + 1);
            return (what.Length > 0 ? $"{what} {word}" : word) + LineOf(report, perEpoch * (epochs - report.Epoch));
        }

        if (!StandardOutput.IsTerminal(output))
            return train((report, word) => output.WriteLine(Line(report, word)));
        return AnsiConsole.Progress()
            .Columns(new SpinnerColumn(), new ProgressBarColumn(), new TaskDescriptionColumn())
            .Start(progress =>
            {
                var bar = progress.AddTask("", maxValue: epochs);
                return train((report, word) =>
                {
                    bar.Description = Markup.Escape(Line(report, word));
                    bar.Value = report.Epoch;
                });
            });
    }

    private static string LineOf(EpochReport report, TimeSpan left) => FormattableString.Invariant(
        $"epoch {report.Epoch}  loss {report.Loss:f5}  validation {report.ValidationLoss:f5}")
        + FormattableString.Invariant($"{(report.IsBest ? " *" : "  ")}  rate {report.Rate:g3}")
        + FormattableString.Invariant($"  left {left:h\\:mm\\:ss}");
}
