using System.CommandLine;
using System.Net.Sockets;
using System.Text.Json;
using Realtime.Daemon.Bench;
using Realtime.Daemon.Hosting;
using Realtime.Protocol;
using Realtime.Protocol.ZeroMq;

namespace Realtime.Daemon.Commands;

/// <summary><c>realtimed bench</c>: latency and throughput of a running daemon, or of one that it starts itself.</summary>
internal static class BenchCommand
{
    private static readonly Option<string?> Requests = Endpoint(
        "--requests", "requests endpoint of the running daemon to measure; without it, bench starts a daemon of its own");

    private static readonly Option<string?> Ingest = Endpoint(
        "--ingest", "ingest endpoint of the running daemon; with --predictions, PULL to PUB is measured too");

    private static readonly Option<string?> Predictions = Endpoint(
        "--predictions", "predictions endpoint of the running daemon");

    private static readonly Option<string> Prefix = new("--prefix")
    {
        Description = "What the names of the streams begin with; the daemon forgets them before and after",
        HelpName = "TEXT",
        DefaultValueFactory = static _ => "realtimed-bench/",
    };

    private static readonly Option<int> Streams = Positive("--streams", "N", "Streams that take turns", 100);
    private static readonly Option<int> Rate = Positive("--rate", "R", "Ticks per second", 1000);
    private static readonly Option<int> Seconds = Positive("--seconds", "S", "Length of each measurement", 5);

    private static readonly Option<string?> ModelFile = new("--model")
    {
        Description = "Model file for a daemon of its own; default the built-in model",
        HelpName = "FILE",
    };

    private static readonly Option<bool> Saturate = new("--saturate")
    {
        Description = "Measures throughput on the running daemon too, which keeps it from other work",
    };

    private static readonly Option<bool> Json = new("--json") { Description = "Prints one JSON object" };

    public static Command Create()
    {
        var command = new Command("bench", "Measures latency and throughput, from tick to prediction")
        {
            Requests, Ingest, Predictions, Prefix, Streams, Rate, Seconds, ModelFile, Saturate, Json,
        };
        command.Validators.Add(static result =>
        {
            if (result.GetValue(Requests) is null
                && (result.GetValue(Ingest) ?? result.GetValue(Predictions)) is not null)
                result.AddError("--ingest and --predictions belong to a running daemon: --requests is missing");
            if (result.GetValue(Requests) is not null && result.GetValue(ModelFile) is not null)
                result.AddError("--model is for a daemon of bench's own: leave --requests out");
        });
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult arguments)
    {
        var output = arguments.InvocationConfiguration.Output;
        using var own = arguments.GetValue(Requests) is null
            ? new PrivateDaemon(PrivateDaemon.ThisProgram, endpoints: null, arguments.GetValue(ModelFile))
            : null;
        var plan = new BenchPlan(
            own?.Endpoints ?? new BenchEndpoints(
                arguments.GetValue(Requests), arguments.GetValue(Ingest), arguments.GetValue(Predictions)),
            arguments.GetValue(Prefix)!, arguments.GetValue(Streams), arguments.GetValue(Rate),
            arguments.GetValue(Seconds), own is not null || arguments.GetValue(Saturate));
        BenchResult result;
        try
        {
            result = BenchRun.Run(plan);
        }
        catch (Exception e) when (e is TimeoutException or RealtimeException or ZmqException or SocketException
            or InvalidDataException)
        {
            throw new StartException(ExitCode.Failed, [e.Message]);
        }

        if (arguments.GetValue(Json))
            PrintJson(plan, result, output);
        else
            Print(plan, result, output);
        return result.Requests.Lost == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    private static void Print(BenchPlan plan, BenchResult result, TextWriter output)
    {
        output.WriteLine(FormattableString.Invariant(
            $"{plan.Streams} streams, {plan.Rate} ticks/s for {plan.Seconds} s, from the intended time of each tick"));
        output.WriteLine("                 sent      lost    p50 µs    p99 µs  p99.9 µs    max µs");
        PrintPaced("requests", result.Requests, output);
        if (result.Published is { } published)
            PrintPaced("PULL to PUB", published, output);
        if (result.Singles is { } singles)
            output.WriteLine(FormattableString.Invariant($"single ticks, PULL to PUB: {singles.Rate:N0} ticks/s"));
        if (result.Batches is { } batches)
        {
            output.WriteLine(FormattableString.Invariant(
                $"batches of {Saturation.BatchLength}, predictions in the replies: {batches.Rate:N0} ticks/s"));
        }
    }

    private static void PrintPaced(string name, PacedResult paced, TextWriter output)
    {
        double Micro(double share) => paced.Latencies.Percentile(share) / 1000;
        output.WriteLine(FormattableString.Invariant(
            $"{name,-11} {paced.Sent,9} {paced.Lost,9} {Micro(0.5),9:F1} {Micro(0.99),9:F1} {Micro(0.999),9:F1} {Micro(1),9:F1}"));
    }

    private static void PrintJson(BenchPlan plan, BenchResult result, TextWriter output)
    {
        static object? Paced(PacedResult? paced) => paced is null ? null : new
        {
            sent = paced.Sent,
            lost = paced.Lost,
            p50 = Micro(paced, 0.5),
            p99 = Micro(paced, 0.99),
            p999 = Micro(paced, 0.999),
            max = Micro(paced, 1),
        };
        // JSON has no NaN.
        static double? Micro(PacedResult paced, double share) =>
            paced.Latencies.Count == 0 ? null : paced.Latencies.Percentile(share) / 1000;
        output.WriteLine(JsonSerializer.Serialize(new
        {
            streams = plan.Streams,
            rate = plan.Rate,
            seconds = plan.Seconds,
            latencyMicroseconds = new { requests = Paced(result.Requests), published = Paced(result.Published) },
            ticksPerSecond = new { singles = result.Singles?.Rate, batches = result.Batches?.Rate },
        }));
    }

    private static Option<string?> Endpoint(string name, string description) => new(name)
    {
        Description = "The " + description,
        HelpName = "ENDPOINT",
    };

    private static Option<int> Positive(string name, string helpName, string description, int value)
    {
        var option = new Option<int>(name)
        {
            Description = description,
            HelpName = helpName,
            DefaultValueFactory = _ => value,
        };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
                result.AddError($"{name}: found {result.Tokens[0].Value}, expected a whole number above 0");
        });
        return option;
    }
}
