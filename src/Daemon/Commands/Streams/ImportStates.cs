using System.CommandLine;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Commands;

/// <summary><c>realtimed streams import</c>: states from a file into a running daemon.</summary>
internal sealed class ImportStates
{
    private readonly Argument<string> _file = new("FILE") { Description = "A file that export wrote" };

    public static Command Create()
    {
        var verb = new ImportStates();
        var command = StreamsCommand.Verb("import", "Puts the states of a file into the daemon", verb.Import);
        command.Arguments.Add(verb._file);
        return command;
    }

    private int Import(ParseResult arguments, DaemonRequests daemon)
    {
        var path = arguments.GetRequiredValue(_file);
        var faults = new List<string>();
        var count = 0;
        foreach (var (state, _, error) in daemon.AskForEach(
            StateFile.Read(path), "state.put", static state => ("state", writer => writer.WriteRaw(state))))
        {
            count++;
            if (error is not null)
                faults.Add($"{StreamOf(state)} was not imported: {error.Message}");
        }

        var output = arguments.InvocationConfiguration.Output;
        output.WriteLine($"{count - faults.Count} of {count} states imported from {path}");
        return StreamsCommand.EndWith(arguments, faults);
    }

    private static string StreamOf(byte[] state) =>
        MessagePackValue.TryParse(state, out var map) ? DaemonRequests.NameOf(map["stream"]) : "a state";
}
