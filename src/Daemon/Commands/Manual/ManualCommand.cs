using System.CommandLine;
using Realtime.Daemon.Hosting;

namespace Realtime.Daemon.Commands;

/// <summary><c>realtimed manual</c>: the manual pages that are made from the program's own tables.</summary>
internal static class ManualCommand
{
    public static Command Create()
    {
        var page = new Argument<string>("page") { Description = "realtimed.1 or realtimed.json.5", HelpName = "PAGE" };
        page.AcceptOnlyFromAmong(ProgramPage.File, ConfigurationPage.File);
        var command = new Command("manual", "Prints a manual page; script/manual puts them in their place")
        {
            page,
        };
        command.Hidden = true;
        command.SetAction(arguments =>
        {
            arguments.InvocationConfiguration.Output.Write(arguments.GetRequiredValue(page) == ProgramPage.File
                ? ProgramPage.Write(CommandOutline.Of(arguments.RootCommandResult.Command))
                : ConfigurationPage.Write());
            return ExitCode.Done;
        });
        return command;
    }
}
