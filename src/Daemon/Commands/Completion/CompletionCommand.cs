using System.CommandLine;
using Realtime.Daemon.Hosting;

namespace Realtime.Daemon.Commands;

/// <summary><c>realtimed completion</c>: what a shell needs to complete a command line, made from the verbs.</summary>
internal static class CompletionCommand
{
    private static readonly Dictionary<string, Func<CommandOutline, string>> Shells = new()
    {
        ["bash"] = BashCompletion.Write,
        ["zsh"] = ZshCompletion.Write,
        ["fish"] = FishCompletion.Write,
    };

    public static Command Create()
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish", HelpName = "SHELL" };
        shell.AcceptOnlyFromAmong([.. Shells.Keys]);
        var command = new Command("completion", "Prints a shell's completion of realtimed's command lines") { shell };
        command.SetAction(arguments =>
        {
            var outline = CommandOutline.Of(arguments.RootCommandResult.Command);
            arguments.InvocationConfiguration.Output.Write(Shells[arguments.GetRequiredValue(shell)](outline));
            return ExitCode.Done;
        });
        return command;
    }
}
