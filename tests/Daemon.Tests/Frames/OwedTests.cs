using Realtime.Daemon.Frames;
using Realtime.Daemon.Tests.Simulation;
using Realtime.Protocol;

namespace Realtime.Daemon.Tests.Frames;

/// <summary>After a refusal a stream waits for the tick that was refused, for no longer and no shorter.</summary>
public sealed class OwedTests
{
    [Fact]
    public void A_refused_tick_that_comes_and_is_rejected_is_waited_for_no_longer()
    {
        using var daemon = Full();
        Assert.Equal(ErrorCode.Refused, Send(daemon, "x", 1, 5));
        Assert.Equal(ErrorCode.NotNext, Send(daemon, "x", 1, 6));
        Assert.Equal(ErrorCode.Shape, Send(daemon, "x", new double[] { 1, 2 }, 5));
        Assert.Equal(ErrorCode.Refused, Send(daemon, "x", 1, 6));
        Assert.Equal(ErrorCode.NotNext, Send(daemon, "x", 1, 7));
    }

    [Fact]
    public void A_stream_with_a_row_too_goes_on_behind_a_rejected_tick()
    {
        using var daemon = new SimulatedDaemon();
        Assert.Equal(ErrorCode.None, Send(daemon, "s", 1, 1));
        daemon.World.Streams[daemon.World.Streams.Find("s"u8)].Order.Owe(2);
        Assert.Equal(ErrorCode.NotNext, Send(daemon, "s", 1, 3));
        Assert.Equal(ErrorCode.Shape, Send(daemon, "s", new double[] { 1, 2 }, 2));
        Assert.Equal(ErrorCode.None, Send(daemon, "s", 1, 3));
    }

    [Fact]
    public void An_earlier_tick_that_gets_the_row_does_not_pass_over_the_refused_one()
    {
        using var daemon = Full();
        Assert.Equal(ErrorCode.Refused, Send(daemon, "x", 1, 5));
        daemon.Ask(Pack.Op("forget", ("stream", "s")));
        Assert.Equal(ErrorCode.None, Send(daemon, "x", 1, 3));
        Assert.Equal(ErrorCode.NotNext, Send(daemon, "x", 1, 6));
        Assert.Equal(ErrorCode.None, Send(daemon, "x", 1, 5));
        Assert.Equal(ErrorCode.None, Send(daemon, "x", 1, 6));
    }

    [Fact]
    public void A_table_with_more_than_its_maximum_is_full()
    {
        using var table = new StreamTable(1);
        table.Place(0, "a"u8, isId: false, 0, 0);
        table.Place(1, "b"u8, isId: false, 0, 1);
        Assert.True(table.IsFull);
    }

    // One stream, and no room for another.
    private static SimulatedDaemon Full()
    {
        var daemon = new SimulatedDaemon(SimulatedDaemon.Options(streamsMax: 1));
        daemon.Take(Pack.Tick("s", 1, 1));
        return daemon;
    }

    private static ErrorCode Send(SimulatedDaemon daemon, string stream, object values, ulong seq) =>
        Read.Errors(daemon.Ask(Pack.Tick(stream, values, seq))).Select(static error => error.Code)
            .FirstOrDefault();
}
