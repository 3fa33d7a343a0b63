using System.CommandLine;
using Realtime.Daemon.Commands;
using Realtime.Daemon.Configuration;
using Realtime.Daemon.Hosting;
using Realtime.Protocol;
using Realtime.Protocol.ZeroMq;
using Realtime.Training;

namespace Realtime.Daemon;

internal static class Program
{
    public static Task<int> Main(string[] args) => RunAsync(args, Console.Out, Console.Error);

    /// <summary>Every verb with what it takes.</summary>
    internal static CommandOutline Outline => CommandOutline.Of(CreateRoot());

    /// <summary>Carries out one command line; returns the exit code.</summary>
    internal static async Task<int> RunAsync(
        string[] args, TextWriter output, TextWriter error, CancellationToken stop = default)
    {
        var arguments = CreateRoot().Parse(args);
        if (arguments.Errors.Count != 0)
        {
            foreach (var fault in FaultsOf(arguments))
                await error.WriteLineAsync($"realtimed: {fault}").ConfigureAwait(false);
            await error.WriteLineAsync("realtimed --help lists the verbs").ConfigureAwait(false);
            return ExitCode.Usage;
        }

        try
        {
            var invocation = new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                // Verbs that run on end by themselves on a signal, however long their last words take.
                ProcessTerminationTimeout = null,
                Output = output,
                Error = error,
            };
            return await arguments.InvokeAsync(invocation, stop).ConfigureAwait(false);
        }
        catch (StartException e)
        {
            foreach (var fault in e.Faults)
                await error.WriteLineAsync($"realtimed: {fault}").ConfigureAwait(false);
            return e.ExitCode;
        }
        catch (Exception e) when (IsExpected(e))
        {
            await error.WriteLineAsync($"realtimed: {e.Message.ReplaceLineEndings(" ")}").ConfigureAwait(false);
            return ExitCode.Failed;
        }
    }

    private static RootCommand CreateRoot()
    {
        var root = new RootCommand(
            "Forecasts sensor streams as they arrive: a tick in, one recurrent step, a forecast out")
        {
            RunCommand.Create(),
            CheckCommand.Create(),
            ConfigCommand.Create(),
            SensorsCommand.Create(),
            WatchCommand.Create(),
            StreamsCommand.Create(),
            StatsCommand.Create(),
            TrainCommand.Create(),
            BacktestCommand.Create(),
            ReplayCommand.Create(),
            DevicesCommand.Create(),
            BenchCommand.Create(),
            KeygenCommand.Create(),
            CompletionCommand.Create(),
            ManualCommand.Create(),
        };
        VersionText.ShowBy(root);
        return root;
    }

    private static IEnumerable<string> FaultsOf(ParseResult arguments)
    {
        var command = arguments.CommandResult.Command;
        var unknown = arguments.UnmatchedTokens is [var first, ..] ? first : null;
        var verbs = command.Subcommands.Where(static verb => !verb.Hidden).Select(static verb => verb.Name).ToArray();
        if (verbs.Length != 0)
            return [$"found {unknown ?? "no verb"}, expected one of {string.Join(", ", verbs)}{Hint(unknown, verbs)}"];
        if (unknown?.StartsWith('-') != true)
            return arguments.Errors.Select(static fault => fault.Message);
        // What follows an unknown option is most often its value, and no fault of its own.
        var options = command.Options.Where(static option => !option.Hidden).Select(static option => option.Name)
            .Append("--help").Distinct().ToArray();
        return [$"found {unknown}, expected one of {string.Join(", ", options)}{Hint(unknown, options)}"];
    }

    private static string Hint(string? found, IEnumerable<string> known) =>
        found is not null && NearestName.Find(found, known) is { } nearest ? $"; did you mean {nearest}?" : "";

    // What daemons, networks and files do: one line says it, a stack would not help.
    private static bool IsExpected(Exception e) => e is TimeoutException or RealtimeException or ZmqException
        or DllNotFoundException or SeriesFormatException or InvalidDataException or IOException
        or UnauthorizedAccessException;
}
