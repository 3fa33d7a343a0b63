using System.CommandLine;
using Realtime.Daemon.Hosting;
using Realtime.Daemon.Io;
using Realtime.Protocol;

namespace Realtime.Daemon.Commands;

/// <summary><c>realtimed watch</c>: predictions as they come.</summary>
internal sealed class WatchCommand
{
    private const string ByName = "name";
    private const string ByRecent = "recent";

    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(100);

    private readonly Option<string> _from = CommonOptions.Predictions();

    private readonly Option<bool> _json = CommonOptions.Json(
        "Prints each prediction, event and heartbeat as a line of JSON");

    private readonly Option<double?> _seconds = CommonOptions.Seconds(
        "--seconds", "Ends after this time, with a summary");

    private readonly Option<string> _streams = new("--streams")
    {
        Description = "Only streams whose names start so",
        HelpName = "PREFIX",
        DefaultValueFactory = static _ => "",
    };

    private readonly Option<string> _sort = new("--sort")
    {
        Description = "Which streams to show where there are many: the first by name, or the most recent",
        DefaultValueFactory = static _ => ByName,
    };

    public static Command Create() => new WatchCommand().CreateCommand();

    private Command CreateCommand()
    {
        _sort.AcceptOnlyFromAmong(ByName, ByRecent);
        var command = new Command("watch", "Shows predictions beside what then came, live")
        {
            _from, _streams, _sort, _seconds, _json,
        };
        KeyOptions.AddTo(command);
        command.SetAction((arguments, stop) => Task.Run(() => Watch(arguments, stop), CancellationToken.None));
        return command;
    }

    private int Watch(ParseResult arguments, CancellationToken stop)
    {
        var (endpoint, prefix) = (arguments.GetRequiredValue(_from), arguments.GetRequiredValue(_streams));
        var output = arguments.InvocationConfiguration.Output;
        using var feed = new PredictionFeed(endpoint, prefix, KeyOptions.Read(arguments));
        using var end = new End(arguments.GetValue(_seconds), stop);
        if (arguments.GetValue(_json))
        {
            JsonLines.Run(feed, new SystemClock(), output, end.Token);
            return ExitCode.Done;
        }

        var board = new WatchBoard(endpoint, prefix);
        var observing = Task.Factory.StartNew(
            () => Observe(feed, board, end),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        var recent = arguments.GetValue(_sort) == ByRecent;
        if (StandardOutput.IsTerminal(output))
            LiveView.Run(board, recent, end.Token);
        else
            LineView.Run(board, recent, output, end.Token);
        end.Now();
        observing.GetAwaiter().GetResult();
        WatchSummary.Write(board.Look(WatchSummary.StreamsShown), output);
        return ExitCode.Done;
    }

    private static void Observe(PredictionFeed feed, WatchBoard board, End end)
    {
        var clock = new SystemClock();
        try
        {
            while (!end.IsOver)
            {
                if (!feed.TryReceive(Slice, out var topic, out var payload))
                    continue;
                var arrival = clock.UtcNanoseconds;
                if (SubscribedMessage.From(topic, payload) is { } message)
                    board.Observe(message, arrival);
            }
        }
        finally
        {
            end.Now();
        }
    }
}
