using System.CommandLine;
using Realtime.Daemon.Hosting;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Commands;

/// <summary><c>realtimed stats</c>: a running daemon's accounts.</summary>
internal static class StatsCommand
{
    public static Command Create()
    {
        var json = CommonOptions.Json("Prints JSON, as /api/stats does");
        var command = StreamsCommand.Verb("stats", "Shows a running daemon's accounts", (arguments, daemon) =>
        {
            var stats = daemon.Ask("stats");
            var output = arguments.InvocationConfiguration.Output;
            if (arguments.GetValue(json))
                JsonText.Write(output, stats);
            else
                Print(stats, output);
            return ExitCode.Done;
        });
        command.Options.Add(json);
        return command;
    }

    private static void Print(MessagePackValue stats, TextWriter output)
    {
        var table = new TextTable("", "");
        Add("", stats, table);
        table.WriteTo(output);
    }

    // Maps in it are shown by entries of their own: "events gap".
    private static void Add(string path, MessagePackValue map, TextTable table)
    {
        foreach (var (key, value) in map.Entries)
        {
            if (value.Type == MessagePackType.Map)
                Add($"{path}{key} ", value, table);
            else
                table.Add(path + key, TextOf(key, value));
        }
    }

    private static string TextOf(string key, MessagePackValue value) => key switch
    {
        "uptime" => ShortText.Duration(1e9 * value.AsDouble() ?? double.NaN),
        _ when value.IsNil => ShortText.Nothing,
        _ => value.AsString() ?? value.ToString(),
    };
}
