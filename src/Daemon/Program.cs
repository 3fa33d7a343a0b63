using System.CommandLine;
using Realtime.Daemon.Commands;
using Realtime.Daemon.Hosting;

namespace Realtime.Daemon;

internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        var root = new RootCommand("Forecasts sensor streams as they arrive: a tick in, one recurrent step, a forecast out")
        {
            RunCommand.Create(),
            CheckCommand.Create(),
            BenchCommand.Create(),
        };
        var arguments = root.Parse(args);
        if (arguments.Errors.Count != 0)
        {
            foreach (var error in arguments.Errors)
                await Console.Error.WriteLineAsync($"realtimed: {error.Message}").ConfigureAwait(false);
            await Console.Error.WriteLineAsync("realtimed --help lists the verbs").ConfigureAwait(false);
            return ExitCode.Usage;
        }

        try
        {
            var invocation = new InvocationConfiguration { EnableDefaultExceptionHandler = false };
            return await arguments.InvokeAsync(invocation).ConfigureAwait(false);
        }
        catch (StartException e)
        {
            foreach (var fault in e.Faults)
                await Console.Error.WriteLineAsync($"realtimed: {fault}").ConfigureAwait(false);
            return e.ExitCode;
        }
    }
}
