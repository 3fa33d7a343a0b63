using System.CommandLine;
using System.CommandLine.Parsing;
using Realtime.Daemon.Hosting;

namespace Realtime.Daemon.Commands;

/// <summary><c>realtimed streams reset</c> and <c>forget</c>: of one stream, or of all with a prefix.</summary>
internal sealed class StreamRemoval
{
    private readonly string _op;
    private readonly string _done;

    private readonly Argument<string?> _stream = new("STREAM")
    {
        Description = "The stream's name",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _prefix = new("--prefix")
    {
        Description = "In place of STREAM: every stream whose name starts so",
        HelpName = "PREFIX",
    };

    private readonly Option<bool> _yes = new("--yes", "-y")
    {
        Description = "Does not ask before it does so for a prefix",
    };

    private StreamRemoval(string op, string done) => (_op, _done) = (op, done);

    public static Command CreateReset() =>
        new StreamRemoval("reset", "reset").CreateCommand("Clears the state of streams, which keep their counts");

    public static Command CreateForget() =>
        new StreamRemoval("forget", "forgotten").CreateCommand("Drops streams with all they carry");

    private Command CreateCommand(string description)
    {
        var command = StreamsCommand.Verb(_op, description, Remove);
        command.Arguments.Add(_stream);
        command.Options.Add(_prefix);
        command.Options.Add(_yes);
        command.Validators.Add(CheckOneIsGiven);
        return command;
    }

    private void CheckOneIsGiven(CommandResult result)
    {
        var hasStream = result.GetResult(_stream) is { Tokens.Count: > 0 };
        var hasPrefix = result.GetResult(_prefix) is { Implicit: false };
        if (hasStream == hasPrefix)
            result.AddError($"found {(hasStream ? "both a stream and --prefix" : "neither a stream nor --prefix")}, "
                + $"expected one: {_op} STREAM, or {_op} --prefix PREFIX");
    }

    private int Remove(ParseResult arguments, DaemonRequests daemon)
    {
        if (arguments.GetValue(_prefix) is { } prefix)
            return RemoveAll(arguments, daemon, prefix);
        var name = arguments.GetValue(_stream);
        if (daemon.Ask(_op, ("stream", DaemonRequests.Text(name)))["count"].AsInt64() is not > 0)
            throw new StartException(ExitCode.Failed, [$"the daemon has no stream {name}"]);
        arguments.InvocationConfiguration.Output.WriteLine($"{name} {_done}");
        return ExitCode.Done;
    }

    private int RemoveAll(ParseResult arguments, DaemonRequests daemon, string prefix)
    {
        var output = arguments.InvocationConfiguration.Output;
        if (!arguments.GetValue(_yes))
        {
            if (Console.IsInputRedirected)
            {
                throw new StartException(
                    ExitCode.Usage, [$"{_op} --prefix asks first; without a terminal it needs --yes"]);
            }

            if (!IsWanted(daemon.List(prefix).Count(), prefix, arguments.InvocationConfiguration.Error))
            {
                output.WriteLine("nothing done");
                return ExitCode.Failed;
            }
        }

        var count = daemon.Ask(_op, ("prefix", writer => writer.WriteString(prefix)))["count"].AsInt64() ?? 0;
        output.WriteLine($"{count} streams {_done}");
        return ExitCode.Done;
    }

    private bool IsWanted(int count, string prefix, TextWriter error)
    {
        error.Write($"{_op} {count} streams whose names start with \"{prefix}\"? [y/N] ");
        return Console.In.ReadLine()?.Trim().ToLowerInvariant() is "y" or "yes";
    }
}
