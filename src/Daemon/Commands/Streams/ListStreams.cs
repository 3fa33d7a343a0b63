using System.CommandLine;
using Realtime.Daemon.Hosting;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Commands;

/// <summary><c>realtimed streams list</c>.</summary>
internal sealed class ListStreams
{
    private readonly Option<string> _prefix = new("--prefix")
    {
        Description = "Only streams whose names start so",
        HelpName = "PREFIX",
        DefaultValueFactory = static _ => "",
    };

    private readonly Option<string?> _after = new("--after")
    {
        Description = "Only streams behind this name, to go on where a limit ended",
        HelpName = "NAME",
    };

    private readonly Option<int?> _limit = CommonOptions.Count(
        "--limit", "Lists so many streams at most (default all)");

    private readonly Option<bool> _worst = new("--worst")
    {
        Description = "The streams whose forecasts do worst beside persistence, the worst first",
    };

    private readonly Option<bool> _json = CommonOptions.Json("Prints JSON");

    public static Command Create()
    {
        var verb = new ListStreams();
        var command = StreamsCommand.Verb("list", "Lists streams with model, count, age and error", verb.List);
        command.Options.Add(verb._prefix);
        command.Options.Add(verb._limit);
        command.Options.Add(verb._after);
        command.Options.Add(verb._worst);
        command.Options.Add(verb._json);
        return command;
    }

    private int List(ParseResult arguments, DaemonRequests daemon)
    {
        var limit = arguments.GetValue(_limit) ?? int.MaxValue - 1;
        var prefix = arguments.GetRequiredValue(_prefix);
        var found = arguments.GetValue(_worst) ? daemon.Worst(prefix) : daemon.List(prefix, arguments.GetValue(_after));
        var streams = found.Take(limit + 1).ToList();
        var hasMore = streams.Count > limit;
        if (hasMore)
            streams.RemoveAt(limit);
        var (output, error) = (arguments.InvocationConfiguration.Output, arguments.InvocationConfiguration.Error);
        if (arguments.GetValue(_json))
        {
            PrintJson(streams, hasMore, output);
            return ExitCode.Done;
        }

        Print(streams, output);
        if (hasMore)
            error.WriteLine($"there are more: --after {DaemonRequests.NameOf(streams[^1]["stream"])}");
        return ExitCode.Done;
    }

    private static void Print(List<MessagePackValue> streams, TextWriter output)
    {
        var table = new TextTable("stream", "model", ">seq", ">ticks", ">gaps", ">age", ">MAE", ">persistence", ">MASE",
            "coverage");
        foreach (var stream in streams)
        {
            var errors = stream["errors"];
            var isScored = errors["scored"].AsUInt64() > 0;
            table.Add(
                DaemonRequests.NameOf(stream["stream"]),
                stream["model"].AsString() ?? ShortText.Nothing,
                stream["seq"].AsUInt64()?.ToString(provider: null) ?? ShortText.Nothing,
                ShortText.Count(stream["ticks"].AsDouble() ?? 0),
                ShortText.Count(stream["gaps"].AsDouble() ?? 0),
                ShortText.Duration(1e9 * stream["age"].AsDouble() ?? double.NaN),
                ShortText.Number(isScored ? errors["mae"].AsDouble() ?? double.NaN : double.NaN),
                ShortText.Number(isScored ? errors["persistenceMae"].AsDouble() ?? double.NaN : double.NaN),
                ShortText.Number(errors["mase"].AsDouble() ?? double.NaN),
                CoverageOf(stream["coverage"]));
        }

        table.WriteTo(output);
    }

    // Each level with what it holds: "0.8: 0.792".
    private static string CoverageOf(MessagePackValue coverage) => string.Join(
        ", ", coverage.Entries.Where(static level => !level.Value.IsNil).Select(static level =>
            FormattableString.Invariant($"{level.Key}: {level.Value.AsDouble():0.###}")));

    private static void PrintJson(List<MessagePackValue> streams, bool hasMore, TextWriter output) =>
        JsonText.Write(output, json =>
        {
            json.WriteStartArray("streams");
            foreach (var stream in streams)
                stream.WriteJson(json);
            json.WriteEndArray();
            json.WriteBoolean("more", hasMore);
        });
}
