using Realtime.Daemon.Frames.Meters;
using Realtime.Daemon.Tests.Simulation;
using Realtime.Daemon.Tests.Telemetry;

namespace Realtime.Daemon.Tests.Meters;

public sealed class StreamSurveyTests
{
    [Fact]
    public void The_streams_that_do_worst_are_named_the_worst_first()
    {
        using var daemon = new SimulatedDaemon();
        for (var seq = 1UL; seq <= 60; seq++)
            daemon.Take(Pack.Batch(Enumerable.Range(0, 40).Select(i => Pack.Tick(
                $"s{i:00}", Math.Sin(0.02 * (i + 1) * seq), seq))));
        Round(daemon);
        var worst = daemon.Ask(Pack.Op("streams", ("worst", true)))["streams"].Items;
        Assert.Equal(StreamSurvey.WorstMax, worst.Count);
        var ratios = worst.Select(static stream => stream["errors"]["mase"].AsDouble()!.Value).ToArray();
        Assert.Equal(ratios.OrderDescending(), ratios);
        var all = daemon.Ask(Pack.Op("streams"))["streams"].Items
            .Select(static stream => stream["errors"]["mase"].AsDouble()!.Value).OrderDescending();
        Assert.Equal(all.Take(StreamSurvey.WorstMax), ratios);
        Assert.Equal(3, daemon.Ask(Pack.Op("streams", ("worst", true), ("limit", 3)))["streams"].Items.Count);
        daemon.Ask(Pack.Op("forget", ("stream", worst[0]["stream"].AsString())));
        Assert.Equal(
            worst[1]["stream"].AsString(),
            daemon.Ask(Pack.Op("streams", ("worst", true)))["streams"].Items[0]["stream"].AsString());
    }

    [Fact]
    public void Models_are_told_as_a_whole()
    {
        using var daemon = new SimulatedDaemon(models: [("s*", SmallModels.Learner()), ("*", SmallModels.Gru())]);
        for (var seq = 1; seq <= 300; seq++)
            daemon.Take(Pack.Batch(Enumerable.Range(0, 5).Select(i => Pack.Tick(
                $"s{i}", Math.Sin(0.3 * seq + i), (ulong)seq))));
        Round(daemon);
        var page = MetricsPageTests.PageOf(daemon);
        Assert.Equal(5, page["realtime_streams_scored{model=\"model0\"}"]);
        Assert.Equal(0, page["realtime_streams_scored{model=\"model1\"}"]);
        Assert.Equal(0, page["realtime_streams_fallback{model=\"model0\"}"]);
        Assert.InRange(page["realtime_model_error{model=\"model0\"}"], 0.001, 0.9);
        Assert.InRange(page["realtime_model_coverage{model=\"model0\",level=\"0.8\"}"], 0.6, 1);
        Assert.Equal(
            daemon.World.Models[0].StreamBytes, page["realtime_stream_bytes{model=\"model0\"}"]);
        // One without a scored stream has no error, and one without intervals no coverage.
        Assert.DoesNotContain("realtime_model_error{model=\"model1\"}", page.Keys);
    }

    private static void Round(SimulatedDaemon daemon)
    {
        for (var turn = 0; turn < 20; turn++)
        {
            daemon.Clock.UtcNanoseconds += SimulatedClock.Second / 5;
            daemon.Run();
        }
    }
}
