using Realtime.Cells;
using Realtime.Daemon.Configuration;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Snapshots;
using Realtime.Daemon.Hosting;
using Realtime.Daemon.Recovery;
using Realtime.Daemon.Storage;
using Realtime.Daemon.Tests.Storage;

namespace Realtime.Daemon.Tests.Simulation;

/// <summary>The frame loop on simulated ports with a real journal and real snapshots on a disk; brings back what is
/// there.</summary>
internal sealed class JournalledDaemon : IDisposable
{
    private readonly IDisk _disk;

    /// <param name="disk">The caller's.</param>
    /// <param name="models">As <see cref="SimulatedDaemon"/> takes them.</param>
    /// <param name="options">Null is the defaults.</param>
    /// <param name="snapshotEvery">By the simulated clock; null: none.</param>
    /// <param name="change">What is written in place of the journal's records; null: they themselves.</param>
    public JournalledDaemon(
        IDisk disk, IReadOnlyList<(string Pattern, Model Model)>? models = null, LoopOptions? options = null,
        TimeSpan? snapshotEvery = null, Func<JournalWriter, IJournal>? change = null)
    {
        _disk = disk;
        models ??= HostileInput.Models;
        Daemon = new SimulatedDaemon(options, models);
        Models = [.. models.Select(
            static one => new LoadedModel(new ModelOptions { Name = "any", File = "any" }, one.Model))];
        var setup = Setup.Of(Daemon.World.Models, "1.2.3");
        var recovery = new WorldRecovery(disk, Daemon.World, setup);
        Report = recovery.Run();
        Journal = JournalWriter.Open(
            disk, recovery.End!, recovery.Next, Daemon.Clock.UtcNanoseconds,
            Journals.Options() with { SegmentBytes = 256 << 10, Description = setup.ToBytes() });
        // The next segment is there, as the flusher's thread has it most of the time.
        Journal.Work();
        Snapshots = new DiskSnapshots(disk, Journal);
        Daemon.World.Changes.Use(change?.Invoke(Journal) ?? Journal);
        if (snapshotEvery is { } every)
            _ = new Snapshotter(Daemon.World, Snapshots, every, setup.ToBytes());
    }

    public SimulatedDaemon Daemon { get; }

    public JournalWriter Journal { get; }

    public DiskSnapshots Snapshots { get; }

    /// <summary>What it brought back.</summary>
    public RecoveryReport Report { get; }

    public IReadOnlyList<LoadedModel> Models { get; }

    /// <summary>Takes ticks by ingest, a frame each.</summary>
    public void Take(params byte[][] payloads)
    {
        foreach (var payload in payloads)
        {
            Daemon.Ingest(payload);
            Run();
        }
    }

    /// <summary>Takes random input; the clock moves on by 0.3 s a message.</summary>
    public void Feed(HostileInput input, int messages, Action? afterFrame = null)
    {
        for (var i = 0; i < messages; i++)
        {
            Daemon.Send(input.Message());
            Daemon.Clock.UtcNanoseconds += 300_000_000;
            if (i % 3 != 0)
                Run(afterFrame);
        }

        Run(afterFrame);
    }

    public void Run(Action? afterFrame = null) => Daemon.Run(() =>
    {
        Journal.Work();
        afterFrame?.Invoke();
    });

    /// <summary>Replays what is on the disk now.</summary>
    public ReplayReport Replay(ReplayPlan? plan = null, params GivenModel[] given) =>
        Replay(_disk, Models, plan, given);

    public static ReplayReport Replay(
        IDisk disk, IReadOnlyList<LoadedModel> models, ReplayPlan? plan = null, params GivenModel[] given)
    {
        // The disk is not this one's to dispose of; a simulated one does not mind.
        using var run = new ReplayRun(
            new StillDisk(disk), plan ?? new ReplayPlan(), new RecordedModels(() => models, given));
        return run.Run();
    }

    public void Dispose()
    {
        Snapshots.Dispose();
        Journal.Dispose();
        Daemon.Dispose();
    }
}
