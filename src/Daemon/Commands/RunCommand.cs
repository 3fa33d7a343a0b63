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
        configuration.AddTo(command);
        command.SetAction((arguments, _) => DaemonHost.RunAsync(configuration.Load(arguments).Options!));
        return command;
    }
}
