using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using Realtime.Daemon.Configuration;
using Realtime.Daemon.Hosting;

namespace Realtime.Daemon.Commands;

/// <summary><c>realtimed config</c>: a configuration to start from, and the schema of every one.</summary>
internal static class ConfigCommand
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static Command Create() => new("config", "Writes a configuration to start from, or the schema of every one")
    {
        CreateInit(),
        CreateSchema(),
    };

    private static Command CreateInit()
    {
        var output = new Option<string?>("--output", "-o")
        {
            Description = "The file to write, which must not be there yet; default standard output",
            HelpName = "FILE",
        };
        var state = new Option<string?>("--state")
        {
            Description = "Sets state.directory, so that state survives",
            HelpName = "DIR",
        };
        var command = new Command("init", "Writes a commented configuration with every setting at its default")
        {
            output, state,
        };
        command.SetAction(arguments => Init(
            arguments.GetValue(output), arguments.GetValue(state), arguments.InvocationConfiguration.Output));
        return command;
    }

    private static int Init(string? file, string? state, TextWriter output)
    {
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        if (state is not null)
            given["state.directory"] = ConfigurationNode.Quote(state);
        var text = ExampleConfiguration.Write(given);
        if (file is null)
        {
            output.Write(text);
            return ExitCode.Done;
        }

        if (File.Exists(file))
            throw new StartException(ExitCode.Failed, [$"{file}: found a file, expected none: it stays as it is"]);
        using (var writer = new StreamWriter(new FileStream(file, FileMode.CreateNew)))
            writer.Write(text);
        output.WriteLine(file);
        return ExitCode.Done;
    }

    private static Command CreateSchema()
    {
        var command = new Command("schema", "Prints the JSON Schema of the configuration file");
        command.SetAction(static arguments =>
        {
            arguments.InvocationConfiguration.Output.WriteLine(ConfigurationSchema.Json().ToJsonString(Indented));
            return ExitCode.Done;
        });
        return command;
    }
}
