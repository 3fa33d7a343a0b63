using Realtime.Cells;
using Realtime.Daemon.Configuration;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Requests;
using Realtime.Daemon.Frames.Snapshots;
using Realtime.Daemon.Recovery;
using Realtime.Daemon.Storage;

namespace Realtime.Daemon.Tests.Simulation;

/// <summary>One life of the daemon with its state directory, wired as the program wires it; threads' work is done when
/// the simulation says so.</summary>
internal sealed class DurableDaemon : IDisposable
{
    private readonly DurableLife _life;

    /// <exception cref="IOException">The disk refuses.</exception>
    public DurableDaemon(
        IDisk disk, RealtimeOptions options, IClock clock, ITickSource source, IPredictionSink sink, LifeTuning tuning,
        bool salvage = false, bool isOnDevice = false)
    {
        var directory = new StateDirectory(disk, options.State, clock);
        var loop = options.ForLoop();
        var hosts = HostileInput.Models.Select((model, i) => new ModelHost(
            $"model{i}", model.Model,
            isOnDevice ? new AsynchronousEngine(model.Model) : new CpuEngine(model.Model), [model.Pattern]));
        World = new World([.. hosts], loop, new NoJournal(), directory.Epoch);
        Loop = new FrameLoop(World, loop, new WorldReport(World, SimulatedDaemon.Facts), clock, source, sink);
        _life = new DurableLife(directory, World, Setup.Of(World.Models, "1.2.3"), options, salvage)
        {
            Tuning = tuning,
        };
    }

    public World World { get; }

    public FrameLoop Loop { get; }

    public JournalWriter Journal => _life.Journal!;

    public SnapshotThread Snapshots => _life.Snapshots!;

    /// <summary>Number of the last record of the world that was brought back.</summary>
    public ulong Recovered { get; private set; }

    /// <exception cref="Hosting.StartException">It can't start.</exception>
    public void Begin()
    {
        _life.Begin(CancellationToken.None);
        Recovered = Journal.Written;
    }

    public void End() => _life.End();

    /// <summary>Its memory only: the process may have ended in any way.</summary>
    public void Dispose() => World.Dispose();
}
