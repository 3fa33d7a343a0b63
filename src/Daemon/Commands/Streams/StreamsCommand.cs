using System.CommandLine;
using Realtime.Daemon.Hosting;

namespace Realtime.Daemon.Commands;

/// <summary><c>realtimed streams</c>: the streams of a running daemon.</summary>
internal static class StreamsCommand
{
    public static Command Create() =>
        new("streams", "Lists, watches, shows, resets, exports and imports a running daemon's streams")
        {
            ListStreams.Create(),
            TopStreams.Create(),
            ShowStream.Create(),
            LastPredictions.Create(),
            StreamRemoval.CreateReset(),
            StreamRemoval.CreateForget(),
            ExportStates.Create(),
            ImportStates.Create(),
        };

    /// <summary>A verb whose action gets the daemon's requests endpoint opened.</summary>
    public static Command Verb(string name, string description, Func<ParseResult, DaemonRequests, int> action)
    {
        var command = new Command(name, description);
        DaemonRequests.AddOptionsTo(command);
        command.SetAction(arguments =>
        {
            using var daemon = DaemonRequests.Open(arguments);
            return action(arguments, daemon);
        });
        return command;
    }

    /// <summary>What a verb ends with where some of what was asked for was not there.</summary>
    public static int EndWith(ParseResult arguments, IReadOnlyCollection<string> faults)
    {
        foreach (var fault in faults)
            arguments.InvocationConfiguration.Error.WriteLine($"realtimed: {fault}");
        return faults.Count == 0 ? ExitCode.Done : ExitCode.Failed;
    }
}
