using Realtime.Daemon.Telemetry;

namespace Realtime.Daemon.Tests.Telemetry;

public sealed class OtelEnvironmentTests
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4317";

    [Theory]
    [InlineData("", false, false, false)]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT=", false, false, false)]
    [InlineData("OTEL_SERVICE_NAME=x OTEL_TRACES_SAMPLER=always_on", false, false, false)]
    [InlineData(Endpoint, true, true, true)]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=http://m", true, false, false)]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://t", false, true, false)]
    [InlineData("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=http://l", false, false, true)]
    [InlineData(Endpoint + " OTEL_METRICS_EXPORTER=none", false, true, true)]
    [InlineData(Endpoint + " OTEL_TRACES_EXPORTER=none OTEL_LOGS_EXPORTER=console,otlp", true, false, true)]
    [InlineData(Endpoint + " OTEL_SDK_DISABLED=TRUE", false, false, false)]
    [InlineData(Endpoint + " OTEL_SDK_DISABLED=no", true, true, true)]
    public void Signals_are_sent_where_a_variable_says_where_to(string variables, bool metrics, bool traces, bool logs)
    {
        var environment = Of(variables);
        Assert.Equal(
            (metrics, traces, logs), (environment.SendsMetrics, environment.SendsTraces, environment.SendsLogs));
        Assert.Equal(metrics || traces || logs, environment.Sends());
        Assert.Equal(traces, environment.Sampling() is not null);
    }

    [Theory]
    [InlineData("", 0.0001, true)]
    [InlineData("OTEL_TRACES_SAMPLER_ARG=0.5", 0.5, true)]
    [InlineData("OTEL_TRACES_SAMPLER=always_on", 1, false)]
    [InlineData("OTEL_TRACES_SAMPLER=traceidratio", 1, false)]
    [InlineData("OTEL_TRACES_SAMPLER=traceidratio OTEL_TRACES_SAMPLER_ARG=0.25", 0.25, false)]
    [InlineData("OTEL_TRACES_SAMPLER=parentbased_always_on", 1, true)]
    [InlineData("OTEL_TRACES_SAMPLER=PARENTBASED_ALWAYS_OFF", 0, true)]
    [InlineData("OTEL_TRACES_SAMPLER=parentbased_traceidratio OTEL_TRACES_SAMPLER_ARG=0.1", 0.1, true)]
    [InlineData("OTEL_TRACES_SAMPLER=parentbased_traceidratio OTEL_TRACES_SAMPLER_ARG=2", 1, true)]
    public void The_sampler_is_that_of_the_variables(string variables, double ratio, bool followsParent)
    {
        var sampling = Of($"{Endpoint} {variables}").Sampling()!;
        Assert.Equal((ratio, followsParent), (sampling.Ratio, sampling.FollowsParent));
        Assert.NotEqual(sampling.Seed, Of($"{Endpoint} {variables}").Sampling()!.Seed);
    }

    [Fact]
    public void Nothing_is_traced_where_nothing_can_be_sampled() =>
        Assert.Null(Of($"{Endpoint} OTEL_TRACES_SAMPLER=always_off").Sampling());

    private static OtelEnvironment Of(string variables)
    {
        var values = variables.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(static one => one.Split('=', 2)).ToDictionary(static one => one[0], static one => one[1]);
        return new OtelEnvironment(values.GetValueOrDefault);
    }
}
