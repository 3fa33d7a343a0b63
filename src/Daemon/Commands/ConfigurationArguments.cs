using System.Collections;
using System.CommandLine;
using System.CommandLine.Parsing;
using Realtime.Daemon.Configuration;
using Realtime.Daemon.Hosting;

namespace Realtime.Daemon.Commands;

/// <summary>The options by which a verb is given a configuration.</summary>
internal sealed class ConfigurationArguments
{
    private readonly Option<string?> _file = new("--config", "-c")
    {
        Description = "Configuration file (JSON with comments); default /etc/realtimed/realtimed.json where it exists",
        HelpName = "FILE",
    };

    private readonly Option<string[]> _set = new("--set")
    {
        Description = "Overrides one setting, e.g. --set frame.maxTicks=1024; may be repeated",
        HelpName = "KEY=VALUE",
        Arity = ArgumentArity.ZeroOrMore,
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_file);
        command.Options.Add(_set);
    }

    /// <summary>Loads what the command line, the environment and the file say.</summary>
    /// <exception cref="StartException">Every fault of the configuration.</exception>
    public ConfigurationResult Load(ParseResult arguments)
    {
        var result = Read(arguments);
        return result.Options is null ? throw new StartException(ExitCode.Configuration, result.Errors) : result;
    }

    /// <summary>The same with the faults in the result.</summary>
    public ConfigurationResult Read(ParseResult arguments)
    {
        var environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToDictionary(static entry => (string)entry.Key, static entry => (string?)entry.Value ?? "");
        return ConfigurationLoader.Load(arguments.GetValue(_file), environment, arguments.GetValue(_set) ?? []);
    }
}
