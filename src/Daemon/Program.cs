using System.CommandLine;
using Realtime.Daemon.Commands;
using Realtime.Daemon.Hosting;
using Realtime.Protocol;
using Realtime.Protocol.ZeroMq;
using Realtime.Training;

namespace Realtime.Daemon;

internal static class Program
{
    public static Task<int> Main(string[] args) => RunAsync(args, Console.Out, Console.Error);

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
            SensorsCommand.Create(),
            WatchCommand.Create(),
            StreamsCommand.Create(),
            StatsCommand.Create(),
            ReplayCommand.Create(),
            DevicesCommand.Create(),
            BenchCommand.Create(),
            KeygenCommand.Create(),
        };
        VersionText.ShowBy(root);
        return root;
    }

    private static IEnumerable<string> FaultsOf(ParseResult arguments)
    {
        var command = arguments.CommandResult.Command;
        var verbs = string.Join(", ", command.Subcommands.Select(static verb => verb.Name));
        if (verbs.Length == 0)
            return arguments.Errors.Select(static fault => fault.Message);
        return [$"found {arguments.UnmatchedTokens.FirstOrDefault("no verb")}, expected one of {verbs}"];
    }

    // What daemons, networks and files do: one line says it, a stack would not help.
    private static bool IsExpected(Exception e) => e is TimeoutException or RealtimeException or ZmqException
        or DllNotFoundException or SeriesFormatException or InvalidDataException or IOException
        or UnauthorizedAccessException;
}
