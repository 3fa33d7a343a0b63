using System.CommandLine;
using Realtime.Daemon.Hosting;
using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Commands;

/// <summary><c>realtimed streams export</c>: the states of streams to a file.</summary>
internal sealed class ExportStates
{
    private readonly Argument<string> _file = new("FILE") { Description = "The file to write" };

    private readonly Option<string> _prefix = new("--prefix")
    {
        Description = "Only streams whose names start so",
        HelpName = "PREFIX",
        DefaultValueFactory = static _ => "",
    };

    public static Command Create()
    {
        var verb = new ExportStates();
        var command = StreamsCommand.Verb("export", "Writes the states of streams to a file", verb.Export);
        command.Arguments.Add(verb._file);
        command.Options.Add(verb._prefix);
        return command;
    }

    private int Export(ParseResult arguments, DaemonRequests daemon)
    {
        var path = arguments.GetRequiredValue(_file);
        var names = daemon.List(arguments.GetRequiredValue(_prefix))
            .Select(static stream => DaemonRequests.NameOf(stream["stream"])).ToList();
        // Under another name until it is whole, so that a failure leaves no half of a file and spares the old one.
        var unfinished = path + ".unfinished";
        int count;
        try
        {
            using (var file = File.Create(unfinished))
                count = Write(daemon, names, file);
            File.Move(unfinished, path, overwrite: true);
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }

        arguments.InvocationConfiguration.Output.WriteLine($"{count} states exported to {path}");
        return ExitCode.Done;
    }

    private static int Write(DaemonRequests daemon, List<string> names, FileStream file)
    {
        StateFile.WriteHeader(file);
        var writer = new MessagePackWriter();
        var count = 0;
        foreach (var (_, reply, error) in daemon.AskForEach(
            names, "state.get", static name => ("stream", DaemonRequests.Text(name))))
        {
            // Forgotten or evicted since it was listed.
            if (error is { Code: ErrorCode.UnknownStream })
                continue;
            if (error is not null)
                throw error;
            writer.Clear();
            reply["state"].WriteTo(writer);
            file.Write(writer.Written);
            count++;
        }

        return count;
    }
}
