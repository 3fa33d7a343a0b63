using System.Text.Json.Nodes;
using Realtime.Daemon.Tests.Commands;

namespace Realtime.Daemon.Tests.Bench;

public sealed class BenchCommandTests
{
    [Fact]
    public async Task Bench_OfARunningDaemon_MeasuresBothPathsAndLeavesNoStreams()
    {
        using var daemon = new RunningDaemon();
        var result = await CommandLine.RunWellAsync(
            "bench", "--requests", daemon.Requests, "--ingest", daemon.Ingest, "--predictions", daemon.Predictions,
            "--streams", "20", "--rate", "500", "--seconds", "1", "--saturate", "--json");

        var json = JsonNode.Parse(result.Output)!;
        foreach (var path in new[] { "requests", "published" })
        {
            Assert.Equal(500, (int)json[path]!["sent"]!);
            Assert.Equal(0, (int)json[path]!["lost"]!);
            var percentiles = json[path]!["microseconds"]!;
            Assert.InRange((double)percentiles["p50"]!, 1, (double)percentiles["p99"]!);
        }

        Assert.True((double)json["singleTicksPerSecond"]! > 1000);
        Assert.True((double)json["batchedTicksPerSecond"]! > 1000);
        using var client = daemon.Connect();
        Assert.Equal(0, client.Request("stats")["streams"].AsInt64());
    }

    [Fact]
    public async Task Bench_OfRequestsAlone_PrintsATable()
    {
        using var daemon = new RunningDaemon();
        var result = await CommandLine.RunWellAsync(
            "bench", "--requests", daemon.Requests, "--rate", "100", "--seconds", "0.5");
        Assert.Equal(3, result.Lines.Length);
        Assert.StartsWith("requests", result.Lines[2], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--rate: found 0, expected a whole number above 0", "--rate", "0")]
    [InlineData("--requests is missing", "--ingest", "tcp://127.0.0.1:1")]
    [InlineData("leave --requests out", "--requests", "tcp://127.0.0.1:1", "--model", "m.safetensors")]
    public async Task Bench_WrongUse_SaysWhat(string expected, params string[] arguments)
    {
        var result = await CommandLine.RunAsync(["bench", .. arguments]);
        Assert.Equal(64, result.ExitCode);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
    }
}
