using System.Text.Json.Nodes;

namespace Realtime.Daemon.Tests.Commands;

public sealed class WatchCommandTests
{
    private const int Ticks = 30;

    [Fact]
    public async Task Watch_ForSomeSeconds_EndsWithASummaryAndTheCount()
    {
        using var daemon = new RunningDaemon();
        var watching = CommandLine.RunAsync(
            "watch", "--from", daemon.Predictions, "--streams", "pump/", "--seconds", "8");
        await FeedWhenSubscribedAsync(daemon);

        var result = await watching;

        Assert.Equal(0, result.ExitCode);
        Assert.Equal($"{2 * Ticks} predictions", result.Lines[^1]);
        Assert.Matches($"(?m)^pump/1 +{Ticks} ", result.Output);
        Assert.DoesNotContain("fan/1", result.Output, StringComparison.Ordinal);
        Assert.Matches("2 streams in .* s, age p50 .*, p99 .*, max .*, 0 missed", result.Output);
    }

    [Fact]
    public async Task Watch_AsJson_PrintsALineForEachMessage()
    {
        using var daemon = new RunningDaemon();
        var watching = CommandLine.RunAsync("watch", "--from", daemon.Predictions, "--json", "--seconds", "8");
        await FeedWhenSubscribedAsync(daemon);

        var lines = (await watching).Lines.Select(static line => JsonNode.Parse(line)!).ToList();

        var predictions = lines.Where(static line => (string)line["type"]! == "prediction").ToList();
        Assert.Equal(3 * Ticks, predictions.Count);
        Assert.All(predictions, static line => Assert.True((long)line["arrival"]! > 0));
        Assert.Equal(8, predictions[^1]["mean"]!.AsArray().Count);
        Assert.Contains(lines, static line => (string)line["type"]! == "heartbeat" && line["epoch"] is not null);
        Assert.Contains(lines, static line => (string)line["type"]! == "event" && (string)line["event"]! == "warmed");
    }

    [Fact]
    public async Task Watch_WithoutADaemon_SaysWhatItWaitsForAndEndsWell()
    {
        var result = await CommandLine.RunWellAsync("watch", "--from", "ipc:///nowhere/at/all", "--seconds", "1.5");

        Assert.StartsWith(
            "waiting for predictions of any stream from ipc:///nowhere/at/all: no heartbeat yet", result.Output,
            StringComparison.Ordinal);
        Assert.Equal("0 predictions", result.Lines[^1]);
    }

    private static async Task FeedWhenSubscribedAsync(RunningDaemon daemon)
    {
        await daemon.AwaitSubscriberAsync();
        daemon.Feed(["pump/1", "pump/2", "fan/1"], Ticks);
    }
}
