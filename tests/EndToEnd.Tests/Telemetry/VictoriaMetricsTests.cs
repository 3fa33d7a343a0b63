using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Realtime.EndToEnd.Tests.Harness;

namespace Realtime.EndToEnd.Tests.Telemetry;

/// <summary>OTLP into a real backend, which is asked in PromQL.</summary>
public sealed class VictoriaMetricsTests : IDisposable
{
    private readonly string _folder = DaemonProcess.TemporaryFolder();
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10) };

    public void Dispose()
    {
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [VictoriaFact]
    public async Task A_backend_knows_what_the_daemon_has_counted()
    {
        var address = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{FreePort.Find()}");
        using var backend = new Child(
            Programs.VictoriaMetrics!,
            [$"-httpListenAddr={address}", $"-storageDataPath={_folder}/data", "-retentionPeriod=1d",
             "-search.latencyOffset=0s", "-opentelemetry.usePrometheusNaming"]);
        _http.BaseAddress = new Uri($"http://{address}");
        await EventuallyAsync(async () => (await _http.GetAsync(new Uri("/health", UriKind.Relative)))
            .StatusCode == HttpStatusCode.OK, backend);
        var raw = Path.Combine(_folder, "raw.txt");
        using var daemon = await DaemonProcess.StartWithAsync(
            new Dictionary<string, string>
            {
                ["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"] = $"http://{address}/opentelemetry/v1/metrics",
                ["OTEL_EXPORTER_OTLP_METRICS_PROTOCOL"] = "http/protobuf",
                ["OTEL_METRIC_EXPORT_INTERVAL"] = "500",
            },
            new JsonObject { ["telemetry"] = new JsonObject { ["rawSamples"] = raw } });
        new TracedLoad(daemon).Run();
        var stats = await daemon.StatsAsync();
        await daemon.StopAsync();

        await EventuallyAsync(async () =>
            await AskAsync("realtime_ticks_received_total") == (double)stats["received"]!, backend);
        Assert.Equal((double)stats["published"]!, await AskAsync("realtime_predictions_total{outcome=\"sent\"}"));
        Assert.Equal((double)stats["stepped"]!, await AskAsync("realtime_ticks_total{outcome=\"stepped\"}"));
        Assert.Equal(TracedLoad.Ticks, await AskAsync("realtime_tick_latency_seconds_count"));
        var samples = RawSamples.Read(raw);
        Assert.Equal(TracedLoad.Ticks, samples.Length);
        foreach (var q in new[] { 0.5, 0.99 })
        {
            var told = await AskAsync("realtime_tick_latency_seconds_bucket", q);
            var exact = RawSamples.Quantile(samples, q);
            // A bucket of scale 3, should an outlier have made it that wide.
            Assert.InRange(told, exact / 1.0906, exact * 1.0906);
        }
    }

    private async Task<double> AskAsync(string series, double? quantile = null)
    {
        var last = $"sum(last_over_time({series}[1h]))";
        var query = quantile is { } q
            ? string.Create(CultureInfo.InvariantCulture, $"histogram_quantile({q}, {last} by (vmrange))") : last;
        var answer = await _http.GetFromJsonAsync<JsonObject>(
            new Uri($"/api/v1/query?query={Uri.EscapeDataString(query)}", UriKind.Relative));
        var result = answer!["data"]!["result"]!.AsArray();
        return result.Count == 0 ? double.NaN
            : double.Parse((string)result[0]!["value"]![1]!, CultureInfo.InvariantCulture);
    }

    private static async Task EventuallyAsync(Func<Task<bool>> isSo, Child backend)
    {
        for (var i = 0; i < 100; i++)
        {
            try
            {
                if (await isSo())
                    return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            await Task.Delay(100);
        }

        Assert.Fail($"not so after 10 s\n{backend.Everything}");
    }
}
