using System.CommandLine;
using System.CommandLine.Invocation;
using Realtime.Daemon.Hosting;

namespace Realtime.Daemon.Commands;

/// <summary>What <c>--version</c> prints, on the program and on each of its verbs.</summary>
internal sealed class VersionText : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        parseResult.InvocationConfiguration.Output.WriteLine(DaemonHost.Version);
        return ExitCode.Done;
    }

    /// <summary>Gives a command and all below it the option.</summary>
    public static void ShowBy(Command command)
    {
        if (command.Options.OfType<VersionOption>().FirstOrDefault() is not { } option)
        {
            option = new VersionOption();
            command.Options.Add(option);
        }

        option.Action = new VersionText();
        foreach (var verb in command.Subcommands)
            ShowBy(verb);
    }
}
