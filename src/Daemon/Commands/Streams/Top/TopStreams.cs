using System.CommandLine;
using System.Text;
using System.Text.Json;
using Realtime.Daemon.Hosting;

namespace Realtime.Daemon.Commands;

/// <summary><c>realtimed streams top</c>: the daemon and its busiest, oldest or worst streams, live.</summary>
internal sealed class TopStreams
{
    private const int Most = 2000;

    private static readonly string[] Orders =
        [.. Enum.GetNames<TopOrder>().Select(static name => name.ToLowerInvariant())];

    private readonly Option<string> _prefix = new("--prefix")
    {
        Description = "Only streams whose names start so",
        HelpName = "PREFIX",
        DefaultValueFactory = static _ => "",
    };

    private readonly Option<string> _sort = new("--sort")
    {
        Description = "What comes first",
        DefaultValueFactory = static _ => Orders[0],
    };

    private readonly Option<int?> _limit = CommonOptions.Count(
        "--limit", $"Looks at so many streams at most (default {Most}): each look asks the daemon for them");

    private readonly Option<double?> _every = CommonOptions.Seconds("--every", "Time between two looks (default 2)");

    private readonly Option<bool> _once = new("--once") { Description = "Looks twice, to know rates, and ends" };

    private readonly Option<bool> _json = CommonOptions.Json("Prints each look as a line of JSON");

    public static Command Create()
    {
        var verb = new TopStreams();
        verb._sort.AcceptOnlyFromAmong(Orders);
        var command = StreamsCommand.Verb(
            "top", "Shows the daemon and its busiest, oldest or worst streams, live", verb.Run);
        Option[] options = [verb._prefix, verb._sort, verb._limit, verb._every, verb._once, verb._json];
        foreach (var option in options)
            command.Options.Add(option);
        return command;
    }

    private int Run(ParseResult arguments, DaemonRequests daemon)
    {
        var order = (TopOrder)Array.IndexOf(Orders, arguments.GetRequiredValue(_sort));
        var board = new TopBoard(
            daemon, arguments.GetRequiredValue(_prefix), arguments.GetValue(_limit) ?? Most, order);
        var output = arguments.InvocationConfiguration.Output;
        var isJson = arguments.GetValue(_json);
        var every = TimeSpan.FromSeconds(arguments.GetValue(_every) ?? 2);
        using var end = new End(null, default);
        board.Look();
        if (arguments.GetValue(_once))
        {
            if (!end.Sleep(every))
                return ExitCode.Done;
            if (isJson)
                output.WriteLine(JsonOf(board.Look()));
            else
                TopLines.WriteTable(board.Look(), output);
            return ExitCode.Done;
        }

        if (!isJson && StandardOutput.IsTerminal(output))
            ShowLive(board, every, end);
        else
            while (end.Sleep(every) && !StandardOutput.IsClosed(output))
                output.WriteLine(isJson ? JsonOf(board.Look()) : TopLines.LineOf(board.Look()));
        return ExitCode.Done;
    }

    private static void ShowLive(TopBoard board, TimeSpan every, End end)
    {
        using var screen = new Screen(Console.Out);
        do
        {
            var (width, height) = StandardOutput.TerminalSize();
            screen.Show(TopLines.Draw(board.Look(), width, height), height);
        }
        while (end.Sleep(every));
    }

    private static string JsonOf(TopView view)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WritePropertyName("stats");
            view.Stats.WriteJson(json);
            json.WriteNumber("rate", view.Rate);
            json.WriteStartArray("streams");
            foreach (var stream in view.Streams)
            {
                json.WriteStartObject();
                json.WriteString("stream", stream.Name);
                json.WriteString("model", stream.Model);
                Write(json, "rate", stream.Rate);
                Write(json, "ticks", stream.Ticks);
                Write(json, "gaps", stream.Gaps);
                Write(json, "age", stream.Age);
                Write(json, "mae", stream.Mae);
                Write(json, "ofPersistence", stream.Ratio);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static void Write(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
            json.WriteNumber(name, value);
        else
            json.WriteNull(name);
    }
}
