using System.Text;

namespace Realtime.Daemon.Commands;

/// <summary>The display for files and pipes: one line about every second.</summary>
internal static class LineView
{
    private const int StreamsShown = 3;

    // While nothing comes, a line every so many.
    private const int WaitingPeriods = 5;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>Writes lines until ended, or nobody reads them any more.</summary>
    public static void Run(WatchBoard board, bool recent, TextWriter output, CancellationToken end)
    {
        for (var period = 0; !end.WaitHandle.WaitOne(Period) && !StandardOutput.IsClosed(output); period++)
        {
            var view = board.Look(StreamsShown, recent);
            if (view.WaitingFor is null)
                output.WriteLine(LineOf(view));
            else if (period % WaitingPeriods == 0)
                output.WriteLine(view.WaitingFor);
        }
    }

    internal static string LineOf(WatchView view)
    {
        var line = new StringBuilder()
            .Append(FormattableString.Invariant($"{view.Elapsed.TotalSeconds,6:0.0} s  "))
            .Append($"{view.Predictions} predictions, {ShortText.Rate(view.Rate)}/s of {view.StreamCount} streams, ")
            .Append(view.AgeText);
        if (view.Missed > 0)
            line.Append($", {view.Missed} missed");
        if (view.Events > 0)
            line.Append($", {view.EventText}");
        foreach (var stream in view.Streams)
        {
            line.Append($" | {stream.Name} {ShortText.Number(stream.Value)}");
            line.Append(stream.Class is { } likeliest
                ? $" {likeliest}"
                : $", forecast {ShortText.Number(stream.Forecast)}, error {ShortText.Signed(stream.Error)}");
            if (stream.ScoreText.Length != 0)
                line.Append($", score {stream.ScoreText}");
        }

        return line.ToString();
    }
}
