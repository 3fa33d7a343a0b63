using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using Realtime.Daemon.Frames.Tracing;

namespace Realtime.Daemon.Telemetry;

/// <summary>
/// What the standard <c>OTEL_*</c> variables ask for, as far as the daemon must know it before the SDK does. Nothing is
/// sent where none names an endpoint.
/// </summary>
/// <param name="read">Gives a variable; null where it is not set.</param>
internal sealed class OtelEnvironment(Func<string, string?> read)
{
    /// <summary>The part of ticks without a trace that is sampled where no variable says otherwise: a tick is a small
    /// thing, and the SDK's own "all of them" would be a flood.</summary>
    public const double UsualRatio = 0.0001;

    public static OtelEnvironment OfProcess { get; } = new(Environment.GetEnvironmentVariable);

    public bool SendsMetrics => Sends("METRICS");

    public bool SendsTraces => Sends("TRACES");

    public bool SendsLogs => Sends("LOGS");

    /// <summary>Anything goes anywhere.</summary>
    public bool Sends() => SendsMetrics || SendsTraces || SendsLogs;

    /// <summary>The SDK is told itself which measurements may have an exemplar.</summary>
    public bool HasExemplarFilter => Value("OTEL_METRICS_EXEMPLAR_FILTER") is not null;

    /// <summary>Which ticks are traced; null where none is.</summary>
    public TickSampling? Sampling()
    {
        if (!SendsTraces)
            return null;
        var name = Value("OTEL_TRACES_SAMPLER")?.ToLowerInvariant() ?? "";
        var follows = name is "" || name.StartsWith("parentbased_", StringComparison.Ordinal);
        var ratio = name.Replace("parentbased_", "") switch
        {
            "always_off" => 0,
            "traceidratio" => RatioOr(1),
            "" => RatioOr(UsualRatio),
            // As the SDK: what it does not know is its default.
            _ => 1,
        };
        if (ratio == 0 && !follows)
            return null;
        return new TickSampling
        {
            Ratio = ratio,
            FollowsParent = follows,
            Seed = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong))),
        };
    }

    private double RatioOr(double usual) =>
        double.TryParse(
            Value("OTEL_TRACES_SAMPLER_ARG"), NumberStyles.Float, CultureInfo.InvariantCulture, out var ratio)
        && ratio is >= 0 and <= 1 ? ratio : usual;

    private bool Sends(string signal)
    {
        if (string.Equals(Value("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase))
            return false;
        if (Value($"OTEL_{signal}_EXPORTER") is { } exporter
            && !exporter.Split(',').Any(static one => one.Trim().Equals("otlp", StringComparison.OrdinalIgnoreCase)))
            return false;
        return (Value("OTEL_EXPORTER_OTLP_ENDPOINT") ?? Value($"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT")) is not null;
    }

    private string? Value(string name) => read(name) is { } value && !string.IsNullOrWhiteSpace(value) ? value : null;
}
