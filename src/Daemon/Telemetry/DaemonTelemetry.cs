using System.Globalization;
using Realtime.Daemon.Configuration;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Recovery;

namespace Realtime.Daemon.Telemetry;

/// <summary>What the daemon tells of itself: <c>/metrics</c>, and OTLP where a variable asks for it.</summary>
internal sealed partial class DaemonTelemetry : IDisposable
{
    private readonly RealtimeOptions _options;
    private readonly FrameLoop _loop;
    private readonly MeterReader _meters;
    private readonly OtlpExport? _export;

    public DaemonTelemetry(RealtimeOptions options, FrameLoop loop, DurableLife? life)
    {
        (_options, _loop) = (options, loop);
        _meters = new MeterReader(loop, new Vitals
        {
            Snapshots = life?.SnapshotMeter,
            Recovery = life?.Progress,
            Traces = loop.Tracer?.Ring,
        });
        _export = OtlpExport.Open(
            OtelEnvironment.OfProcess, life is null ? null : options.State.Directory, options.Stop.Timeout);
        _export?.Begin(_meters);
    }

    /// <summary>What the loop is told, sampling included.</summary>
    public static LoopOptions ForLoop(RealtimeOptions options) =>
        options.ForLoop() with { Tracing = OtelEnvironment.OfProcess.Sampling() };

    public void AddTo(ILoggingBuilder logging) => _export?.AddTo(logging);

    public void Map(WebApplication app) => MetricsPage.Map(app, _meters);

    /// <summary>The loop has ended: the last of what it measured can be read without it.</summary>
    public void LoopEnded(ILogger log)
    {
        _meters.End();
        if (_options.Telemetry.RawSamples is not { } file || _loop.Meters.Raw is not { } raw)
            return;
        try
        {
            using var writer = new StreamWriter(file);
            writer.WriteLine("# model, latency in ns, ticks");
            foreach (ref readonly var one in raw.All)
                writer.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"{one.Model.Name}\t{one.Nanoseconds}\t{one.Ticks}"));
            if (raw.Missing != 0)
                LogMissing(log, raw.Missing);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotWritten(log, e.Message);
        }
    }

    public void Dispose() => _export?.Dispose();

    [LoggerMessage(90, LogLevel.Warning, "telemetry.rawSamples: {Ticks} ticks found no room")]
    private static partial void LogMissing(ILogger log, long ticks);

    [LoggerMessage(91, LogLevel.Warning, "telemetry.rawSamples was not written: {Reason}")]
    private static partial void LogNotWritten(ILogger log, string reason);
}
