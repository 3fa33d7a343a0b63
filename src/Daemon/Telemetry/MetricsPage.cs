using Microsoft.AspNetCore.Http;
using Realtime.Daemon.Hosting;

namespace Realtime.Daemon.Telemetry;

/// <summary>Serves <c>/metrics</c>.</summary>
internal static class MetricsPage
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static void Map(WebApplication app, MeterReader meters) => app.MapGet("/metrics", async () =>
    {
        var reading = await meters.ReadAsync(Patience).ConfigureAwait(false);
        if (reading is null)
            return Results.Text("the frame loop does not turn\n", statusCode: StatusCodes.Status503ServiceUnavailable);
        var text = Write(reading);
        meters.GiveBack(reading);
        return Results.Text(text, PrometheusText.ContentType);
    });

    internal static string Write(Reading reading)
    {
        var text = new PrometheusText();
        foreach (var instrument in Instruments.All)
            text.Add(instrument, reading);
        foreach (var instrument in RuntimeInstruments.All)
            text.Add(instrument, reading);
        text.AddGauge("process_start_time_seconds", "When the process started, since 1970",
            RuntimeInstruments.ProcessStart);
        text.AddGauge("target_info", "What is measured", 1,
            new Label("service_name", "realtimed"), new Label("service_version", DaemonHost.Version));
        return text.ToString();
    }
}
