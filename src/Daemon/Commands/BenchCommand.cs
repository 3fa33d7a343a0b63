using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Realtime.Daemon.Bench;
using Realtime.Daemon.Hosting;

namespace Realtime.Daemon.Commands;

/// <summary>
/// <c>realtimed bench</c>: latency and throughput of a running daemon, or of one that it starts itself.
/// </summary>
internal static class BenchCommand
{
    private const int DefaultStreams = 100;
    private const int DefaultRate = 1000;
    private const int DefaultSeconds = 5;

    private static readonly Option<string?> Requests = Endpoint(
        "--requests", "requests endpoint of the running daemon to measure; without it, bench starts one of its own");

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

    private static readonly Option<int?> Streams =
        CommonOptions.Count("--streams", $"Streams that take turns; default {DefaultStreams}");

    private static readonly Option<int?> Rate =
        CommonOptions.Count("--rate", $"Ticks per second; default {DefaultRate}");

    private static readonly Option<double?> Seconds =
        CommonOptions.Seconds("--seconds", $"Length of each measurement; default {DefaultSeconds}");

    private static readonly Option<string?> ModelFile = new("--model")
    {
        Description = "Model file for a daemon of its own; default the built-in model",
        HelpName = "FILE",
    };

    private static readonly Option<bool> Saturate = new("--saturate")
    {
        Description = "Measures throughput on the running daemon too, which keeps it from other work",
    };

    private static readonly Option<bool> Json = CommonOptions.Json("Prints one JSON object");

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
            if (KeyOptions.AreGiven(result) && (result.GetValue(Requests) is null || result.GetValue(Saturate)))
                result.AddError("keys are for the latency of a running daemon: throughput is measured without CURVE");
            if (result.GetValue(Requests) is not null && result.GetValue(ModelFile) is not null)
                result.AddError("--model is for a daemon of bench's own: leave --requests out");
        });
        KeyOptions.AddTo(command);
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
                arguments.GetValue(Requests), arguments.GetValue(Ingest), arguments.GetValue(Predictions),
                KeyOptions.Read(arguments)),
            arguments.GetValue(Prefix)!, arguments.GetValue(Streams) ?? DefaultStreams,
            arguments.GetValue(Rate) ?? DefaultRate, arguments.GetValue(Seconds) ?? DefaultSeconds,
            own is not null || arguments.GetValue(Saturate));
        var result = BenchRun.Run(plan);
        if (arguments.GetValue(Json))
            JsonText.Write(output, json => Write(plan, result, json));
        else
            Print(plan, result, output);
        return result.Requests.Lost == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    private static void Print(BenchPlan plan, BenchResult result, TextWriter output)
    {
        output.WriteLine(FormattableString.Invariant(
            $"{plan.Streams} streams, {plan.Rate} ticks/s for {plan.Seconds} s, from the intended time of each tick"));
        var table = new TextTable("", ">sent", ">lost", ">p50 µs", ">p99 µs", ">p99.9 µs", ">max µs");
        Add("requests", result.Requests, table);
        if (result.Published is { } published)
            Add("PULL to PUB", published, table);
        table.WriteTo(output);
        if (result.Singles is { } singles)
            output.WriteLine(FormattableString.Invariant($"single ticks, PULL to PUB: {singles.Rate:N0} ticks/s"));
        if (result.Batches is { } batches)
        {
            output.WriteLine(FormattableString.Invariant(
                $"batches of {Saturation.BatchLength}, predictions in the replies: {batches.Rate:N0} ticks/s"));
        }
    }

    private static void Add(string name, PacedResult paced, TextTable table)
    {
        string Micro(double share) =>
            (paced.Latencies.Percentile(share) / 1000).ToString("F1", CultureInfo.InvariantCulture);
        table.Add(
            name, paced.Sent.ToString(CultureInfo.InvariantCulture), paced.Lost.ToString(CultureInfo.InvariantCulture),
            Micro(0.5), Micro(0.99), Micro(0.999), Micro(1));
    }

    private static void Write(BenchPlan plan, BenchResult result, Utf8JsonWriter json)
    {
        json.WriteNumber("streams", plan.Streams);
        json.WriteNumber("rate", plan.Rate);
        json.WriteNumber("seconds", plan.Seconds);
        Write("requests", result.Requests, json);
        if (result.Published is { } published)
            Write("published", published, json);
        if (result.Singles is { } singles)
            json.WriteNumber("singleTicksPerSecond", singles.Rate);
        if (result.Batches is { } batches)
            json.WriteNumber("batchedTicksPerSecond", batches.Rate);
    }

    private static void Write(string name, PacedResult paced, Utf8JsonWriter json)
    {
        json.WriteStartObject(name);
        json.WriteNumber("sent", paced.Sent);
        json.WriteNumber("lost", paced.Lost);
        json.WriteStartObject("microseconds");
        foreach (var (key, share) in new[] { ("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999), ("max", 1) })
            json.WriteNumber(key, paced.Latencies.Percentile(share) / 1000);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static Option<string?> Endpoint(string name, string description) => new(name)
    {
        Description = "The " + description,
        HelpName = "ENDPOINT",
    };
}
