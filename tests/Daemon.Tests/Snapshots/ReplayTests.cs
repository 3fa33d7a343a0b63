using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Snapshots;
using Realtime.Daemon.Tests.Simulation;
using Realtime.Protocol;

namespace Realtime.Daemon.Tests.Snapshots;

public sealed class ReplayTests
{
    private static readonly int[] Caps = [1, 2, 7, 64, 1024];

    [Theory]
    [InlineData(GapPolicy.Step)]
    [InlineData(GapPolicy.Impute)]
    [InlineData(GapPolicy.Reset)]
    public void A_journal_replays_to_the_same_bits_under_every_cap(GapPolicy onGap)
    {
        foreach (var seed in new[] { 31, 32, 33 })
        {
            using var run = Run(seed, onGap, sliceBytes: 1);
            foreach (var cap in Caps)
            {
                using var world = EmptyWorld();
                var replayer = new Replayer(world.World, cap);
                foreach (var frame in run.Journal.Frames)
                    frame.ApplyTo(replayer);
                replayer.Complete();
                Assert.True(run.Daemon.StatesDigest() == world.StatesDigest(), $"seed {seed}, cap {cap}");
                Assert.Equal(0, replayer.Different);
                Assert.Equal(run.Daemon.Counters.Stepped, replayer.Ticks);
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(300)]
    [InlineData(1_000_000)]
    public void Every_snapshot_with_the_records_behind_it_gives_the_same_world(int sliceBytes)
    {
        foreach (var seed in new[] { 41, 42, 43, 44 })
        {
            using var run = Run(seed, GapPolicy.Impute, sliceBytes);
            Assert.True(run.Snapshots.All.Count > 5, $"{run.Snapshots.All.Count} snapshots");
            foreach (var snapshot in run.Snapshots.All)
            {
                using var world = EmptyWorld();
                Load(world.World, snapshot);
                var replayer = new Replayer(world.World, 64);
                foreach (var frame in run.Journal.Frames.Skip((int)snapshot.Number))
                    frame.ApplyTo(replayer);
                replayer.Complete();
                Assert.True(
                    run.Daemon.StatesDigest() == world.StatesDigest(), $"seed {seed}, snapshot {snapshot.Number}");
                Assert.Equal(0, replayer.Different);
                AssertRows(run.Daemon.World, world.World);
            }
        }
    }

    [Fact]
    public void A_prediction_with_other_bits_than_recorded_is_told()
    {
        using var world = new SimulatedDaemon(models: [("*", SmallModels.Gru(77))]);
        var replayer = new Replayer(world.World, 64);
        var own = new RecordingJournal();
        using (var daemon = new SimulatedDaemon(journal: own))
            daemon.Take(Pack.Tick("s", 1, 1), Pack.Tick("s", 2, 2), Pack.Tick("s", 4, 3));
        own.Frames.ForEach(frame => frame.ApplyTo(replayer));
        replayer.Complete();
        Assert.Equal(own.Frames.Count, replayer.Different);
    }

    [Fact]
    public void A_tick_that_the_stream_has_already_is_never_stepped_twice()
    {
        var journal = new RecordingJournal();
        using var daemon = new SimulatedDaemon(journal: journal);
        daemon.Take(Pack.Tick("s", 1, 1), Pack.Tick("s", 2, 2));
        using var other = new SimulatedDaemon();
        var replayer = new Replayer(other.World, 64);
        journal.Frames[0].ApplyTo(replayer);
        var twice = journal.Frames[0] with { Changes = [.. journal.Frames[0].Changes.Skip(1)] };
        var error = Assert.Throws<InvalidDataException>(() => twice.ApplyTo(replayer));
        Assert.Contains("seq 1", error.Message, StringComparison.Ordinal);
    }

    private static Recording Run(int seed, GapPolicy onGap, int sliceBytes)
    {
        var options = SimulatedDaemon.Options(16, streamsMax: 9, onGap, idleAfter: TimeSpan.FromSeconds(20));
        var journal = new RecordingJournal();
        var daemon = new SimulatedDaemon(options, HostileInput.Models, journal: journal);
        var snapshots = new MemorySnapshots();
        var description = Setup.Of(daemon.World.Models, "1.2.3").ToBytes();
        _ = new Snapshotter(daemon.World, snapshots, TimeSpan.FromSeconds(7), description, sliceBytes);
        var input = new HostileInput(seed);
        for (var i = 0; i < 500; i++)
        {
            daemon.Send(input.Message());
            daemon.Clock.UtcNanoseconds += 300_000_000;
            if (i % 3 != 0)
                daemon.Run();
        }

        daemon.Run();
        return new Recording(daemon, journal, snapshots);
    }

    private static SimulatedDaemon EmptyWorld() => new(models: HostileInput.Models);

    private static void Load(World world, MemorySnapshot snapshot)
    {
        var loader = new SnapshotLoader(world, Setup.Read(snapshot.Description));
        foreach (var (model, _, bytes) in snapshot.Blocks)
            loader.Load(bytes, model);
        Assert.Equal(snapshot.Streams, loader.Loaded.Carried);
        world.Streams.FindFree();
    }

    private static void AssertRows(World expected, World actual)
    {
        foreach (var name in expected.Streams.NamesFrom([]))
        {
            ref var one = ref expected.Streams[expected.Streams.Find(name)];
            ref var other = ref actual.Streams[actual.Streams.Find(name)];
            Assert.Equal(expected.Streams.Find(name), actual.Streams.Find(name));
            Assert.Equal(one.Touched, other.Touched);
            Assert.Equal(one.IsId, other.IsId);
            Assert.Equal((one.Order.IsOwed, one.Order.Owed), (other.Order.IsOwed, other.Order.Owed));
        }

        Assert.Equal(expected.Refused.All, actual.Refused.All);
    }

    private sealed record Recording(SimulatedDaemon Daemon, RecordingJournal Journal, MemorySnapshots Snapshots)
        : IDisposable
    {
        public void Dispose() => Daemon.Dispose();
    }
}
