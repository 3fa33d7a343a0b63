using Realtime.Daemon.Frames;
using Realtime.Daemon.Tests.Simulation;

namespace Realtime.Daemon.Tests.Frames;

public sealed class RepeatedPredictionTests
{
    private static readonly byte[] Tick = Pack.Tick("s", 7, 2, time: 1_700_000_000, reply: true, trace: "00-ab");

    [Fact]
    public void In_the_same_frame()
    {
        using var daemon = Daemon();
        daemon.Request(Tick);
        daemon.Request(Tick);
        daemon.Run();
        AssertRepeated(daemon, PredictionIn(daemon.Sink.Replies[0].Payload), daemon.Sink.Replies[1].Payload);
    }

    [Fact]
    public void In_a_later_frame_after_work_of_other_streams()
    {
        using var daemon = Daemon();
        var first = PredictionIn(daemon.AskBytes(Tick));
        AssertRepeated(daemon, first, daemon.AskBytes(Tick));
        for (var i = 0; i < 50; i++)
            daemon.Take(Pack.Tick($"other{i % 7}", i), Pack.Tick("s", 1, 1));
        AssertRepeated(daemon, first, daemon.AskBytes(Tick));
    }

    [Fact]
    public void Inside_a_batch_and_before_the_next_tick_of_the_same_frame()
    {
        using var daemon = Daemon();
        var first = PredictionIn(daemon.AskBytes(Tick));
        var next = Pack.Tick("s", 9, 3);
        var batch = Pack.Batch([Pack.Tick("t", 1), Tick, next, Tick, next], reply: true);
        var predictions = Read.Items(Read.Entry(daemon.AskBytes(batch), "predictions")!);
        Assert.Equal(first, predictions[1]);
        // No longer the last one: nothing is kept of it.
        Assert.Equal(Pack.Element(null), predictions[3]);
        Assert.Equal(predictions[2], predictions[4]);
        Assert.NotEqual(first, predictions[2]);
    }

    [Fact]
    public void After_the_state_was_carried_elsewhere()
    {
        using var daemon = Daemon();
        var first = PredictionIn(daemon.AskBytes(Tick));
        using var other = new SimulatedDaemon();
        other.Ask(Pack.Op("state.put", ("state", new Raw(daemon.State("s")!))));
        AssertRepeated(other, first, other.AskBytes(Tick));
    }

    [Fact]
    public void Is_not_stepped_and_not_published()
    {
        using var daemon = Daemon();
        daemon.Ask(Tick);
        var (state, published) = (daemon.State("s"), daemon.Sink.Everything.Count);
        daemon.Ask(Tick);
        Assert.Equal(state, daemon.State("s"));
        Assert.Equal(published, daemon.Sink.Everything.Count);
    }

    [Fact]
    public void An_older_duplicate_and_one_without_reply_get_none()
    {
        using var daemon = Daemon();
        daemon.Ask(Tick);
        var reply = daemon.Ask(Pack.Tick("s", 5, 1, reply: true));
        Assert.Equal(1UL, reply["ack"]["duplicate"].AsUInt64());
        Assert.True(Assert.Single(reply["predictions"].Items).IsNil);
        Assert.True(daemon.Ask(Pack.Tick("s", 7, 2))["predictions"].IsNil);
    }

    private static SimulatedDaemon Daemon()
    {
        var daemon = new SimulatedDaemon();
        daemon.Take(Pack.Tick("s", 5, 1, time: 1_700_000_100));
        return daemon;
    }

    private static byte[] PredictionIn(byte[] reply)
    {
        var prediction = Assert.Single(Read.Items(Read.Entry(reply, "predictions")!));
        var value = Read.Value(prediction);
        Assert.Equal((2UL, "00-ab"), (value["seq"].AsUInt64(), value["trace"].AsString()));
        Assert.Equal("[\"late\"]", value["flags"].ToString());
        return prediction;
    }

    private static void AssertRepeated(SimulatedDaemon daemon, byte[] expected, byte[] reply)
    {
        Assert.Equal(expected, PredictionIn(reply));
        Assert.Equal(1UL, Read.Value(reply)["ack"]["duplicate"].AsUInt64());
        daemon.AssertBalanced();
    }
}
