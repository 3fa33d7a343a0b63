using System.Text.Json.Nodes;
using Realtime.EndToEnd.Tests.Harness;

namespace Realtime.EndToEnd.Tests.Telemetry;

/// <summary>What a collector gets of the daemon, read with a decoder of its own.</summary>
public sealed class OtlpTests : IDisposable
{
    private static readonly string[] StageNames = ["ingest", "decode", "step", "journal", "emit"];

    private readonly string _folder = DaemonProcess.TemporaryFolder();

    private string RawFile => Path.Combine(_folder, "raw.txt");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("http/protobuf", false)]
    [InlineData("grpc", true)]
    public async Task A_collector_gets_what_the_daemon_has_counted(string protocol, bool isDelta)
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        var variables = Variables(receiver, protocol);
        if (isDelta)
        {
            variables["OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"] = "delta";
            variables["OTEL_EXPORTER_OTLP_COMPRESSION"] = "gzip";
        }

        using var daemon = await DaemonProcess.StartWithAsync(variables, Configuration());
        var load = new TracedLoad(daemon);
        load.Run();
        var stats = await daemon.StatsAsync();
        await daemon.StopAsync();

        var expected = protocol == "grpc" ? "HTTP/2 application/grpc gzip" : "HTTP/1.1 application/x-protobuf";
        Assert.All(receiver.Requests, request => Assert.Equal(expected, request.Protocol));
        var points = isDelta ? Added(receiver.Points) : Last(receiver.Points);
        CheckCounts(points, stats);
        CheckHistograms(points, isDelta);
        CheckRuntime(points);
        CheckSpans(receiver, load, points);
        CheckExemplars(receiver);
        var resource = Assert.Single(receiver.Resources);
        Assert.Contains("service.name=from-the-variable", resource, StringComparison.Ordinal);
        Assert.Contains("service.version=", resource, StringComparison.Ordinal);
        Assert.Contains("service.instance.id=", resource, StringComparison.Ordinal);
        Assert.Contains("site=north", resource, StringComparison.Ordinal);
        Assert.Contains(receiver.Logs, static log => log is { Severity: "Information", Number: 9 }
            && log.Body.StartsWith("Serving, version", StringComparison.Ordinal));
        Assert.Contains(
            receiver.Logs, static log => log.Body.StartsWith("Stopped: 20000 ticks", StringComparison.Ordinal));
    }

    [Fact]
    public async Task One_signal_alone_is_sent_where_only_it_has_an_endpoint()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        using var daemon = await DaemonProcess.StartWithAsync(new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"] = receiver.Http + "/v1/metrics",
            ["OTEL_EXPORTER_OTLP_METRICS_PROTOCOL"] = "http/protobuf",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "200",
        });
        new TracedLoad(daemon).Run();
        await daemon.StopAsync();
        Assert.All(receiver.Requests, static request => Assert.Equal("metrics", request.Signal));
        Assert.Equal(TracedLoad.Ticks, Value(Last(receiver.Points), "realtime.ticks.received", ""));
        Assert.DoesNotContain(Last(receiver.Points), static point => point.Metric == "realtime.traces");
    }

    [Theory]
    [InlineData("OTEL_SDK_DISABLED", "true")]
    [InlineData("OTEL_METRICS_EXPORTER", "none")]
    public async Task Nothing_is_sent_that_is_switched_off(string variable, string value)
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        var variables = Variables(receiver, "http/protobuf");
        variables[variable] = value;
        variables["OTEL_TRACES_EXPORTER"] = "none";
        variables["OTEL_LOGS_EXPORTER"] = "none";
        using var daemon = await DaemonProcess.StartWithAsync(variables);
        await Task.Delay(1000);
        await daemon.StopAsync();
        Assert.Empty(receiver.Requests);
        Assert.DoesNotContain("OpenTelemetry", daemon.Everything, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Without_a_variable_nothing_is_sent_or_said()
    {
        using var daemon = await DaemonProcess.StartAsync();
        var threads = Directory.GetDirectories($"/proc/{daemon.ProcessId}/task")
            .Select(static thread => File.ReadAllText(Path.Combine(thread, "comm")).Trim()).ToArray();
        Assert.Contains("frames", threads);
        Assert.DoesNotContain("telemetry", threads);
        await daemon.StopAsync();
        Assert.DoesNotContain("otlp", daemon.Everything, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("telemetry", daemon.Everything, StringComparison.OrdinalIgnoreCase);
    }

    private static Dictionary<string, string> Variables(OtlpReceiver receiver, string protocol) => new()
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = protocol == "grpc" ? receiver.Grpc : receiver.Http,
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol,
        ["OTEL_METRIC_EXPORT_INTERVAL"] = "400",
        ["OTEL_BSP_SCHEDULE_DELAY"] = "100",
        ["OTEL_SERVICE_NAME"] = "from-the-variable",
        ["OTEL_RESOURCE_ATTRIBUTES"] = "site=north",
        ["OTEL_TRACES_SAMPLER"] = "parentbased_traceidratio",
        ["OTEL_TRACES_SAMPLER_ARG"] = "0.005",
    };

    private JsonObject Configuration() => new()
    {
        ["telemetry"] = new JsonObject { ["rawSamples"] = RawFile },
        ["state"] = new JsonObject { ["directory"] = Path.Combine(_folder, "state") },
    };

    private static void CheckCounts(IReadOnlyList<OtlpPoint> points, JsonObject stats)
    {
        Assert.Equal((long)stats["received"]!, Value(points, "realtime.ticks.received", ""));
        Assert.Equal((long)stats["stepped"]!, Value(points, "realtime.ticks", "outcome=stepped"));
        Assert.Equal((long)stats["duplicate"]!, Value(points, "realtime.ticks", "outcome=duplicate"));
        Assert.Equal((long)stats["received"]!, points.Where(static one => one.Metric == "realtime.ticks")
            .Sum(static one => one.Value));
        Assert.Equal(0, Value(points, "realtime.ticks", "outcome=rejected reason=malformed"));
        Assert.Equal((long)stats["published"]!, Value(points, "realtime.predictions", "model=default outcome=sent"));
        Assert.Equal((long)stats["frames"]!, Value(points, "realtime.frames", ""));
        Assert.Equal(50, Value(points, "realtime.events", "event=warmed"));
        Assert.Equal(50, Value(points, "realtime.streams", "model=default"));
        Assert.Equal(1, Value(points, "realtime.serving", ""));
        Assert.All(points.Where(static one => one.Kind == "sum" && one.Scope == "Realtime"),
            static one => Assert.True(one.IsMonotonic));
        var units = points.Where(static one => one.Scope == "Realtime")
            .Select(static one => (one.Metric, one.Unit)).Distinct().ToDictionary();
        Assert.Equal("{tick}", units["realtime.ticks"]);
        Assert.Equal("s", units["realtime.tick.latency"]);
        Assert.Equal("By", units["realtime.state.bytes"]);
        Assert.Equal("{record}", units["realtime.journal.lag"]);
    }

    private void CheckHistograms(IReadOnlyList<OtlpPoint> points, bool isDelta)
    {
        var latency = Histogram(points, "realtime.tick.latency", "model=default");
        Assert.Equal(TracedLoad.Ticks, latency.Count);
        Assert.Equal(TracedLoad.Ticks, Histogram(points, "realtime.tick.age", "model=default").Count);
        Assert.Equal(isDelta ? 1 : 2, latency.Temporality);
        var raw = RawSamples.Read(RawFile);
        Assert.Equal(TracedLoad.Ticks, raw.Length);
        Assert.InRange(latency.Sum / raw.Sum(), 0.999999, 1.000001);
        Assert.InRange(latency.Scale, 1, 4);
        foreach (var q in new[] { 0.01, 0.5, 0.99, 0.999 })
        {
            var (low, high) = latency.Quantile(q);
            Assert.InRange(RawSamples.Quantile(raw, q), low * (1 - 1e-9), high * (1 + 1e-9));
        }

        var frame = Histogram(points, "realtime.frame.duration", "");
        var stages = StageNames.Select(stage => Histogram(points, "realtime.stage.duration", $"stage={stage}"))
            .ToArray();
        Assert.All(stages, stage => Assert.Equal(frame.Count, stage.Count));
        Assert.InRange(stages.Sum(static stage => stage.Sum) / frame.Sum, 0.999999, 1.000001);
        Assert.Equal(Value(points, "realtime.frames", ""), frame.Count);
        // Sums of doubles, which the SDK makes of means.
        Assert.Equal(TracedLoad.Ticks, Histogram(points, "realtime.frame.ticks", "").Sum, 1e-6);
    }

    private static void CheckRuntime(IReadOnlyList<OtlpPoint> points)
    {
        Assert.Contains(points, static one => one is { Metric: "dotnet.gc.pause.time", Scope: "System.Runtime" });
        Assert.Contains(points, static one => one.Metric == "dotnet.gc.collections");
    }

    private static void CheckSpans(OtlpReceiver receiver, TracedLoad load, IReadOnlyList<OtlpPoint> points)
    {
        var spans = receiver.Spans.ToArray();
        var ticks = spans.Where(static span => span.Name == "tick").ToArray();
        var stages = spans.Where(static span => span.Name != "tick").ToLookup(static span => span.Parent);
        Assert.All(ticks, tick =>
        {
            var parts = stages[tick.Id].OrderBy(static stage => stage.Start).ToArray();
            Assert.Equal(StageNames, parts.Select(static part => part.Name));
            Assert.All(parts, part => Assert.Equal(tick.Trace, part.Trace));
            Assert.Equal(tick.Start, parts[0].Start);
            Assert.Equal(tick.End, parts[^1].End);
            for (var i = 1; i < parts.Length; i++)
                Assert.Equal(parts[i - 1].End, parts[i].Start);
            Assert.Contains("realtime.model=default", tick.Attributes, StringComparison.Ordinal);
        });
        foreach (var (name, sent) in load.Sent)
        {
            var handedOn = load.HandedOn[name];
            if (!sent.EndsWith("-01", StringComparison.Ordinal))
            {
                // Not sampled, or no trace at all: as it came.
                Assert.Equal(sent, handedOn);
                continue;
            }

            var span = Assert.Single(ticks, tick => tick.Trace == sent.Substring(3, 32));
            Assert.Equal(sent.Substring(36, 16), span.Parent);
            Assert.Equal($"00-{span.Trace}-{span.Id}-01", handedOn);
            Assert.Contains($"realtime.stream={name.Split('/')[0]}", span.Attributes, StringComparison.Ordinal);
        }

        var roots = ticks.Where(static tick => tick.Parent == "").ToArray();
        Assert.InRange(roots.Length, 50, 170);
        Assert.Equal(roots.Length, roots.Select(static root => root.Trace).Distinct().Count());
        Assert.All(roots, root => Assert.Contains($"00-{root.Trace}-{root.Id}-01", load.HandedOn.Values));
        Assert.Equal(ticks.Length, Value(points, "realtime.traces", "outcome=traced"));
        Assert.Equal(0, Value(points, "realtime.traces", "outcome=dropped"));
    }

    private static void CheckExemplars(OtlpReceiver receiver)
    {
        var ticks = receiver.Spans.Where(static span => span.Name == "tick").ToDictionary(static span => span.Id);
        var exemplars = receiver.Points.Where(static one => one.Metric == "realtime.tick.latency")
            .SelectMany(static one => one.Exemplars).ToArray();
        Assert.NotEmpty(exemplars);
        Assert.All(exemplars, exemplar =>
        {
            var span = ticks[exemplar.Span];
            Assert.Equal(span.Trace, exemplar.Trace);
            Assert.Equal((span.End - span.Start) * 1e-9, exemplar.Value, 2e-7);
        });
    }

    private static double Value(IReadOnlyList<OtlpPoint> points, string metric, string attributes) =>
        Assert.Single(points, one => one.Metric == metric && one.Attributes == attributes).Value;

    private static OtlpPoint Histogram(IReadOnlyList<OtlpPoint> points, string metric, string attributes)
    {
        var point = Assert.Single(points, one => one.Metric == metric && one.Attributes == attributes);
        Assert.Equal(("exponential", "Realtime"), (point.Kind, point.Scope));
        Assert.Equal(point.Count, point.ZeroCount + point.Buckets.Sum(static count => (long)count));
        return point;
    }

    private static IEnumerable<IGrouping<(string, string), OtlpPoint>> Series(IEnumerable<OtlpPoint> points) =>
        points.GroupBy(static one => (one.Metric, one.Attributes));

    private static IReadOnlyList<OtlpPoint> Last(IEnumerable<OtlpPoint> points) =>
        [.. Series(points).Select(static series => series.Last())];

    private static IReadOnlyList<OtlpPoint> Added(IEnumerable<OtlpPoint> points) =>
        [.. Series(points).Select(static series => series.Last().Kind switch
        {
            "sum" => series.Last() with { Value = series.Sum(static one => one.Value) },
            "exponential" => series.Aggregate(OtlpSums.Add),
            _ => series.Last(),
        })];
}
