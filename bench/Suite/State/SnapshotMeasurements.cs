using System.Diagnostics;
using System.Globalization;
using Realtime.Bench.Suite.Frames;
using Realtime.Daemon.Bench;
using Realtime.Daemon.Configuration;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Snapshots;
using Realtime.Daemon.Recovery;
using Realtime.Daemon.Hosting;
using Realtime.Daemon.Storage;

namespace Realtime.Bench.Suite.State;

/// <summary>
/// A snapshot of a hundred thousand streams under load: how long the loop is held up, how long it takes to write and to
/// load; and the journal's replay.
/// </summary>
internal sealed class SnapshotMeasurements(BenchContext context)
{
    private const int Streams = 100_000;
    private const int TicksPerFrame = 64;
    private const int ReplayFrames = 20_000;

    private readonly List<double> _pauses = [], _computed = [], _written = [], _loaded = [], _replayed = [];

    public void Run()
    {
        // As the daemon does before it serves.
        WarmUp.Run(
            [PlainModel.Loaded()], Realtime.Cells.Kernels.Auto, 1, SimulatedWorld.Facts);
        for (var round = 0; round < context.Rounds; round++)
            Measure();
        Report("snapshot-pause-100k", "longest hold-up of the loop by a snapshot, ms", _pauses);
        Show("longest frame meanwhile, its thread's time, ms", _computed);
        Report("snapshot-write-100k", "snapshot from begin to durable, s", _written);
        Report("snapshot-load-100k", "snapshot loaded into an empty world, s", _loaded);
        Report("recovery-rate", "journal replayed at a start, M ticks/s", _replayed);
    }

    private void Report(string claim, string what, List<double> rounds)
    {
        context.Results.Add(claim, Spread.Of(rounds));
        Show(what, rounds);
    }

    private void Show(string what, List<double> rounds)
    {
        var spread = Spread.Of(rounds);
        context.Results.Keep("state", what, rounds);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{what,-52} {spread.Median,9:F3}  ({spread.Low:F3} to {spread.High:F3})"));
    }

    private void Measure()
    {
        var folder = Directory.CreateTempSubdirectory("realtimed-bench-");
        try
        {
            var feed = new TickFeed("fleet/", Streams, 1, TickForm.Array);
            var ports = new SimulatedPorts(feed, TicksPerFrame) { HasSubscribers = false };
            using var directory = new StateDirectory(
                new FileDisk(folder.FullName), new StateOptions { Directory = folder.FullName }, ports);
            Fill(directory, ports, feed);
            Load(directory);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private void Fill(StateDirectory directory, SimulatedPorts ports, TickFeed feed)
    {
        var options = new LoopOptions { StreamsMax = Streams };
        using var world = SimulatedWorld.Create(options);
        var loop = SimulatedWorld.Loop(world, options, ports);
        while (feed.Next < 2 * Streams)
            loop.RunFrame();
        var description = Setup.Of(world.Models, "").ToBytes();
        using var journal = JournalWriter.Open(
            directory.Disk, new JournalEnd(JournalEndKind.Empty, 1, null, 0, 0, 0, [], null), 1, directory.Now(),
            new JournalOptions { Epoch = directory.Epoch, Description = description });
        using var thread = new SnapshotThread(directory, journal);
        world.Changes.Use(journal);
        var snapshots = new Snapshotter(world, thread, TimeSpan.FromDays(1), description);
        Snapshot(loop, snapshots, thread);
        for (var frame = 0; frame < ReplayFrames; frame++)
            loop.RunFrame();
        thread.Close(TimeSpan.FromSeconds(30));
    }

    // Frames go on while rows are copied; what the snapshot adds to a frame is what its copying takes.
    private void Snapshot(FrameLoop loop, Snapshotter snapshots, SnapshotThread thread)
    {
        // The admission of so many streams leaves work to the collector, which is not the snapshot's.
        GC.Collect();
        snapshots.Ask();
        var begun = Stopwatch.GetTimestamp();
        snapshots.ResetPause();
        var longest = 0.0;
        while (thread.Ended == 0)
        {
            var frame = ThreadClock.Nanoseconds;
            loop.RunFrame();
            longest = Math.Max(longest, ThreadClock.Nanoseconds - frame);
            if (!snapshots.IsCopying)
                Thread.Sleep(1);
        }

        _written.Add(Stopwatch.GetElapsedTime(begun).TotalSeconds);
        _computed.Add(longest / 1e6);
        _pauses.Add(snapshots.LongestPause.TotalMilliseconds);
        if (thread.Fault is { } fault)
            throw new IOException(fault);
    }

    private void Load(StateDirectory directory)
    {
        using var world = SimulatedWorld.Create(new LoopOptions { StreamsMax = Streams });
        var recovery = new WorldRecovery(directory.Disk, world, Setup.Of(world.Models, ""));
        var report = recovery.Run();
        if (report.Carried != Streams || report.Different != 0)
        {
            throw new InvalidOperationException(
                $"{report.Carried} streams came back, {report.Different} records differ");
        }

        _loaded.Add(report.LoadSeconds);
        _replayed.Add(report.Ticks / 1e6 / (report.Seconds - report.LoadSeconds));
    }
}
