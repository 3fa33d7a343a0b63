using Realtime.Daemon.Configuration;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Recovery;
using Realtime.Daemon.Tests.Simulation;

namespace Realtime.Daemon.Tests.Recovery;

public sealed class RefusedStreamsTests
{
    private readonly RealtimeOptions _options = new() { Streams = new StreamOptions { Max = 1 } };
    private readonly SimulatedClock _clock = new();

    [Fact]
    public void What_a_refused_stream_owes_comes_back_with_a_snapshot()
    {
        var disk = new SimulatedDisk();
        var source = new DurableSource(new Random(1), 1);
        using (var daemon = Begin(disk, source))
        {
            foreach (var payload in new[] { Pack.Tick("a/1", 1, 1), Pack.Tick("a/2", 1, 7) })
                source.Send(0, new SimulatedMessage(Origin.Request, payload), static () => { });
            while (!source.IsEmpty)
                daemon.Loop.RunFrame();
            daemon.World.Snapshots!.Ask();
            for (var i = 0; i < 10; i++)
            {
                daemon.Loop.RunFrame();
                daemon.Snapshots.Work();
            }

            Assert.Equal(1, daemon.Snapshots.Ended);
            Assert.Null(daemon.Snapshots.Fault);
        }

        disk.Restart();
        using var next = Begin(disk, source);
        Assert.NotNull(next.World.Recovery!.Snapshot);
        Assert.Equal(0, next.World.Recovery.Records);
        Assert.Equal(7UL, next.World.Refused.Owed("a/2"u8));
    }

    private DurableDaemon Begin(SimulatedDisk disk, DurableSource source)
    {
        var daemon = new DurableDaemon(
            disk, _options, _clock, source, new RecordingSink(), new LifeTuning { HasThreads = false });
        daemon.Begin();
        return daemon;
    }
}
