using Microsoft.Extensions.DependencyInjection.Extensions;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Realtime.Daemon.Frames.Meters;
using Realtime.Daemon.Hosting;

namespace Realtime.Daemon.Telemetry;

/// <summary>The OpenTelemetry SDK: sends metrics, traces and logs by OTLP to where the variables say.</summary>
internal sealed class OtlpExport : IDisposable
{
    // A default of the SDK is half of it; this holds the widest spread there is from microseconds to seconds without
    // making the buckets coarser.
    private const int BucketsMax = 320;

    private readonly OpenTelemetrySdk _sdk;
    private readonly TimeSpan _stopTimeout;
    private OtlpFeed? _feed;

    private OtlpExport(OtelEnvironment environment, string instance, TimeSpan stopTimeout)
    {
        _stopTimeout = stopTimeout;
        SendsLogs = environment.SendsLogs;
        _sdk = OpenTelemetrySdk.Create(builder =>
        {
            // The variables come last: they win over what is said here.
            builder.ConfigureResource(resource => resource
                .AddService("realtimed", serviceVersion: DaemonHost.Version, serviceInstanceId: instance)
                .AddEnvironmentVariableDetector());
            builder.WithMetrics(metrics => Configure(metrics, environment));
            // The loop samples; what comes from it is to be sent.
            builder.WithTracing(static traces =>
                traces.AddSource(Instruments.Meter).SetSampler(new AlwaysOnSampler()));
            builder.WithLogging(null, static logs => logs.IncludeFormattedMessage = true);
            builder.UseOtlpExporter();
            LeaveOut(builder.Services, environment);
        });
    }

    public bool SendsLogs { get; }

    /// <summary>Null where no variable names an endpoint.</summary>
    /// <param name="environment">The variables.</param>
    /// <param name="directory">Where state lives; null where it is in memory only.</param>
    /// <param name="stopTimeout">How long the last of it may take to leave.</param>
    public static OtlpExport? Open(OtelEnvironment environment, string? directory, TimeSpan stopTimeout) =>
        environment.Sends() ? new OtlpExport(environment, InstallationId.Of(directory), stopTimeout) : null;

    /// <summary>Has what is logged sent, too.</summary>
    public void AddTo(ILoggingBuilder logging)
    {
        if (SendsLogs)
            logging.AddProvider(new ForwardedLogs(_sdk.GetLoggerFactory()));
    }

    /// <summary>Begins to send what the loop measures.</summary>
    public void Begin(MeterReader meters) => _feed = new OtlpFeed(meters);

    /// <summary>Sends what is left.</summary>
    public void Dispose()
    {
        _feed?.Stop();
        // A receiver that does not answer must not hold up the end.
        Task.Run(_sdk.Dispose).Wait(_stopTimeout);
        _feed?.Dispose();
    }

    private static void Configure(MeterProviderBuilder metrics, OtelEnvironment environment)
    {
        metrics.AddMeter(Instruments.Meter, "System.Runtime");
        metrics.AddView(static instrument => instrument.Meter.Name == Instruments.Meter
            && instrument is System.Diagnostics.Metrics.Histogram<double>
            ? new Base2ExponentialBucketHistogramConfiguration
            {
                MaxSize = BucketsMax,
                MaxScale = ExponentialHistogram.Scale,
            }
            : null);
        if (!environment.HasExemplarFilter)
            metrics.SetExemplarFilter(ExemplarFilterType.TraceBased);
    }

    // The SDK sends all or nothing; what has no endpoint of its own would go to a default one.
    private static void LeaveOut(IServiceCollection services, OtelEnvironment environment)
    {
        if (!environment.SendsMetrics)
            services.RemoveAll<MeterProvider>();
        if (!environment.SendsTraces)
            services.RemoveAll<TracerProvider>();
        if (!environment.SendsLogs)
            services.RemoveAll<LoggerProvider>();
    }

    private sealed class ForwardedLogs(ILoggerFactory factory) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => factory.CreateLogger(categoryName);

        public void Dispose()
        {
            // The SDK goes on until what is logged last has left.
        }
    }
}
