using Realtime.Daemon.Frames;
using Realtime.Daemon.Tests.Simulation;
using Realtime.Protocol;

namespace Realtime.Daemon.Tests.Frames;

public sealed class AnomalyTests
{
    [Fact]
    public void An_anomaly_is_told_once_where_the_score_crosses_the_threshold()
    {
        using var daemon = Calm();
        Assert.Empty(Anomalies(daemon));
        daemon.Take(Pack.Tick("s", 500.0, 601));
        var told = Assert.Single(Anomalies(daemon));
        Assert.Equal("a/s", told.Topic);
        var anomaly = StreamEvent.From(told.Value)!;
        var score = Prediction.From(daemon.Sink.Predictions.Last().Value)!.Score;
        Assert.Equal(new StreamEvent("anomaly", "s", 601, null, score), anomaly);
        Assert.True(score >= LoopOptions.DefaultAnomalyThreshold);
        Assert.Equal(1, daemon.World.Events.Total(StreamEventKind.Anomaly));
        Assert.DoesNotContain(
            daemon.Sink.Everything, static one => one.Topic == "e/s" && !one.Value["score"].IsNil);
    }

    [Theory]
    [InlineData("0.9 0.7 0.95 0.6", 1)]
    [InlineData("0.9 0.49 0.95", 2)]
    [InlineData("0.9 0.5 0.95", 1)]
    [InlineData("0.79 0.79", 0)]
    [InlineData("0.8", 1)]
    [InlineData("0.9 NaN 0.95", 1)]
    [InlineData("0.9 0.1 0.2 0.9 0.9 0.1 0.9", 3)]
    public void It_is_not_told_again_before_the_score_has_fallen_below_clear(string scores, int told)
    {
        using var daemon = new SimulatedDaemon();
        daemon.Take(Pack.Tick("s", 1.0));
        foreach (var score in scores.Split(' '))
            daemon.World.Judge(0, 1, double.Parse(score, System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(told, daemon.World.Events.Total(StreamEventKind.Anomaly));
    }

    [Fact]
    public void Without_a_threshold_none_is_told()
    {
        using var daemon = Calm(new LoopOptions { AnomalyThreshold = null });
        daemon.Take(Pack.Tick("s", 500.0, 601));
        Assert.Empty(Anomalies(daemon));
        Assert.True(Prediction.From(daemon.Sink.Predictions.Last().Value)!.Score >= 0.8);
    }

    [Fact]
    public void That_an_anomaly_was_told_moves_with_the_state_and_a_reset_ends_it()
    {
        using var daemon = Calm();
        daemon.Take(Pack.Tick("s", 500.0, 601));
        var state = daemon.State("s")!;
        Assert.True(Read.Value(state)["anomalous"].AsBoolean());
        using var other = new SimulatedDaemon(models: [("*", SmallModels.Learner())]);
        Assert.True(other.Ask(Pack.Op("state.put", ("state", new Raw(state))))["ok"].AsBoolean());
        other.World.Judge(0, 602, 0.9);
        Assert.Equal(0, other.World.Events.Total(StreamEventKind.Anomaly));
        other.Ask(Pack.Op("reset", ("stream", "s")));
        other.World.Judge(0, 602, 0.9);
        Assert.Equal(1, other.World.Events.Total(StreamEventKind.Anomaly));
    }

    private static SimulatedDaemon Calm(LoopOptions? options = null)
    {
        var daemon = new SimulatedDaemon(options, [("*", SmallModels.Learner())]);
        for (var i = 1; i <= 600; i++)
            daemon.Take(Pack.Tick("s", LearningStreamTests.Wave(i), (ulong)i));
        return daemon;
    }

    private static List<Published> Anomalies(SimulatedDaemon daemon) =>
        [.. daemon.Sink.Everything.Where(static one => one.Topic.StartsWith("a/", StringComparison.Ordinal))];
}
