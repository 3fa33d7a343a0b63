using System.CommandLine;
using Realtime.Daemon.Hosting;

namespace Realtime.Daemon.Commands;

/// <summary><c>realtimed run</c>: the daemon.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var configuration = new ConfigurationArguments();
        var command = new Command("run", "Runs the daemon until SIGTERM or SIGINT");
        var salvage = new Option<bool>("--salvage")
        {
            Description = "Go on without what is damaged in state.directory; it is set aside, and each loss is logged",
        };
        configuration.AddTo(command);
        command.Options.Add(salvage);
        command.SetAction((arguments, _) =>
        {
            var loaded = configuration.Load(arguments);
            return DaemonHost.RunAsync(
                loaded.Options!, arguments.GetValue(salvage), () => configuration.Read(arguments), loaded.Origins);
        });
        return command;
    }
}
