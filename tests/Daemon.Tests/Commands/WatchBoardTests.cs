using Realtime.Daemon.Commands;
using Realtime.Protocol;
using Spectre.Console;

namespace Realtime.Daemon.Tests.Commands;

public sealed class WatchBoardTests
{
    private readonly WatchBoard _board = new("ipc://somewhere", "");

    [Fact]
    public void Look_AfterAFewTicks_ScoresEachForecastWithTheTickItWasMadeFor()
    {
        Observe("a", 1, value: 10, next: 12);
        Observe("a", 2, value: 13, next: 14);
        Observe("a", 3, value: 13, next: 15);

        var stream = Assert.Single(_board.Look(10).Streams);
        Assert.Equal(3, stream.Ticks);
        Assert.Equal(13, stream.Value);
        Assert.Equal(14, stream.Forecast);
        Assert.Equal(-1, stream.Error);
        Assert.Equal(15, stream.Next);
        Assert.Equal((1 + 1) / 2.0, stream.Mae);
        Assert.Equal((3 + 0) / 2.0, stream.PersistenceMae);
    }

    [Fact]
    public void Look_AfterMissedPredictions_CountsThemAndScoresNothingAcross()
    {
        Observe("a", 1, value: 10, next: 11);
        Observe("a", 5, value: 50, next: 51);

        var view = _board.Look(10);
        Assert.Equal(3UL, view.Missed);
        Assert.True(double.IsNaN(view.Streams[0].Forecast));
        Assert.True(double.IsNaN(view.Streams[0].Mae));
    }

    [Fact]
    public void Look_WithAMissingValue_ScoresNeitherModelNorPersistence()
    {
        Observe("a", 1, value: 10, next: 11);
        Observe("a", 2, value: double.NaN, next: 12);
        Observe("a", 3, value: 14, next: 15);

        var stream = _board.Look(10).Streams[0];
        Assert.Equal(2, stream.Mae);
        Assert.Equal(4, stream.PersistenceMae);
    }

    [Fact]
    public void Look_WithMoreStreamsThanRows_ShowsTheFirstByNameOrTheLatest()
    {
        foreach (var (i, name) in new[] { "c", "a", "b" }.Index())
            Observe(name, 1, value: 1, next: 1, arrival: i);

        Assert.Equal(["a", "b"], _board.Look(2).Streams.Select(static stream => stream.Name));
        Assert.Equal(["b", "a"], _board.Look(2, recent: true).Streams.Select(static stream => stream.Name));
        Assert.Equal(3, _board.Look(2).StreamCount);
    }

    [Fact]
    public void Look_BeforeAnything_SaysWhatItWaitsFor()
    {
        Assert.Contains("is a daemon running there?", _board.Look(1).WaitingFor, StringComparison.Ordinal);
        _board.Observe(new SubscribedMessage("h", Heartbeat: new Heartbeat(1, 2, 3, 4, 5, 6)), 0);
        Assert.Contains("no tick has come", _board.Look(1).WaitingFor, StringComparison.Ordinal);
        Observe("a", 1, value: 1, next: 1);
        Assert.Null(_board.Look(1).WaitingFor);
    }

    [Fact]
    public void Draw_InAnyWidth_StaysWithinIt()
    {
        for (var i = 0; i < 30; i++)
            Observe($"a stream [red]with a rather long name[/] {i}", 1, value: -12345.678, next: 1e-9);
        _board.Observe(new SubscribedMessage("e/a", Event: new StreamEvent("gap", "a", 1, null, null)), 0);
        for (var width = 20; width < 200; width++)
        {
            foreach (var line in LiveView.Draw(_board.Look(20), width))
                Assert.InRange(Markup.Remove(line.ToString()).Length, 0, width);
        }
    }

    private void Observe(string stream, ulong seq, double value, double next, long arrival = 0) => _board.Observe(
        new SubscribedMessage("p/" + stream, new Prediction
        {
            Stream = stream,
            Seq = seq,
            Horizons = [1, 2],
            Mean = [[next], [99]],
            Values = [value],
        }),
        arrival);
}
