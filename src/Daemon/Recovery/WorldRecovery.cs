using System.Diagnostics;
using Realtime.Cells;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.HandOver;
using Realtime.Daemon.Frames.Snapshots;
using Realtime.Daemon.Storage;

namespace Realtime.Daemon.Recovery;

/// <summary>Brings the world back: the newest good snapshot, then the journal behind it.</summary>
public sealed class WorldRecovery
{
    private const int RecordsPerReport = 4096;

    private static readonly TimeSpan BetweenReports = TimeSpan.FromSeconds(1);

    private readonly IDisk _disk;
    private readonly World _world;
    private readonly Setup _setup;
    private readonly List<string> _notices = [];
    private readonly long _begun = Stopwatch.GetTimestamp();
    private long _told = Stopwatch.GetTimestamp();
    private LoadedStreams _loaded = new();
    private ulong? _snapshot;

    /// <param name="disk">The folder.</param>
    /// <param name="world">Empty; keeps no journal yet.</param>
    /// <param name="setup">Of this start.</param>
    public WorldRecovery(IDisk disk, World world, Setup setup) => (_disk, _world, _setup) = (disk, world, setup);

    /// <summary>Told now and then: records and ticks replayed so far.</summary>
    public Action<long, long>? Progress { get; set; }

    /// <summary>Told what it does, at each step and at least each second or two while it gets on.</summary>
    public Action<string>? Alive { get; set; }

    /// <summary>Goes on without what is damaged, and sets it aside; where it is null, damage ends the start.</summary>
    public Action<SkippedRange>? Salvage { get; set; }

    /// <summary>Ticks stepped together; large enough for the kernels, small enough for the caches. No bit depends on
    /// it.</summary>
    public int Together { get; init; } = 1024;

    /// <summary>How the journal ended; for the writer that goes on.</summary>
    public JournalEnd? End { get; private set; }

    /// <summary>What the last record was made with; null where there is neither journal nor snapshot.</summary>
    public Setup? Last { get; private set; }

    /// <summary>Number of the first record to be written.</summary>
    public ulong Next { get; private set; } = 1;

    /// <exception cref="JournalCorruptException">The journal is damaged elsewhere than at its end.</exception>
    /// <exception cref="InvalidDataException">A record does not fit; the message says which.</exception>
    /// <exception cref="IOException">The disk refuses.</exception>
    /// <exception cref="OperationCanceledException">It was told to stop.</exception>
    public RecoveryReport Run(CancellationToken stop = default)
    {
        _world.Events.IsMuted = true;
        LoadSnapshot();
        var loaded = Stopwatch.GetElapsedTime(_begun).TotalSeconds;
        var replayer = new Replayer(_world, Together);
        Replay(replayer, stop);
        foreach (var host in _world.Models)
            host.HasSuccessor = false;
        var warmed = WarmCold(stop);
        _world.Streams.FindFree();
        _world.Events.IsMuted = false;
        return new RecoveryReport
        {
            Snapshot = _snapshot,
            Records = replayer.Records,
            Ticks = replayer.Ticks,
            Carried = _loaded.Carried,
            Cold = _loaded.Cold - warmed,
            Warmed = warmed,
            Left = _loaded.Left,
            Different = replayer.Different,
            LoadSeconds = loaded,
            Seconds = Stopwatch.GetElapsedTime(_begun).TotalSeconds,
            Notices = _notices,
        };
    }

    private void LoadSnapshot()
    {
        var bases = new SnapshotBases(_disk, _notices.Add);
        Alive?.Invoke("recovering: looking for the newest good snapshot");
        if (bases.Newest() is not { } file)
            return;
        Alive?.Invoke($"recovering: loading the snapshot up to record {file.Number}");
        _loaded = bases.Load(file, _world, out var setup);
        Last = setup;
        _notices.AddRange(setup.Differences(_setup));
        foreach (var (model, reason) in _loaded.Reasons)
            _notices.Add($"streams of model {model} start anew: {reason}");
        foreach (var (model, reason) in _loaded.LearnAnew)
            _notices.Add($"streams of model {model} go on, and learn anew: {reason}");
        _snapshot = file.Number;
        Next = file.Number + 1;
    }

    private void Replay(Replayer replayer, CancellationToken stop)
    {
        Alive?.Invoke("recovering: replaying the journal");
        using var reader = new JournalReader(_disk, Next, Salvage);
        var file = "";
        while (reader.Read())
        {
            if (reader.File != file)
                file = Announce(reader);
            var setups = replayer.Setups;
            reader.ApplyTo(replayer);
            if (replayer.Setups != setups)
                Last = replayer.LastSetup;
            if (replayer.Records % RecordsPerReport != 0)
                continue;
            stop.ThrowIfCancellationRequested();
            if (Stopwatch.GetElapsedTime(_told) < BetweenReports)
                continue;
            _told = Stopwatch.GetTimestamp();
            Progress?.Invoke(replayer.Records, replayer.Ticks);
            Alive?.Invoke($"recovering: {replayer.Records} records, {replayer.Ticks} ticks replayed so far");
        }

        replayer.Complete();
        if (replayer.Setups != 0)
            _notices.Add("models were changed behind the snapshot: all ticks behind it were stepped by those of now");
        if (replayer.Unfit != 0)
            _notices.Add($"{replayer.Unfit} ticks behind the snapshot have other inputs than their model has now: "
                + "they were counted and not stepped");
        End = reader.End!;
        if (End.Reason is { } reason)
            _notices.Add(reason);
        Next = Math.Max(Next, End.Next);
    }

    // A model of another shape: what the journal has of its streams' last ticks is better than nothing.
    private int WarmCold(CancellationToken stop)
    {
        var warmed = 0;
        var rows = _loaded.CanWarm.Where(_world.Streams.IsUsed).ToLookup(row => _world.Streams[row].Model);
        foreach (var streams in rows)
        {
            var host = _world.Models[streams.Key];
            if (host.WarmTicks == 0)
                continue;
            try
            {
                var count = WarmCold(host, [.. streams], stop);
                _notices.Add($"model {host.Name}: {count} of {streams.Count()} streams were warmed up by their last "
                    + $"ticks, {host.WarmTicks} at most");
                warmed += count;
            }
            catch (IOException e)
            {
                _notices.Add($"model {host.Name} could not be warmed up: {e.Message}");
            }
        }

        return warmed;
    }

    private int WarmCold(ModelHost host, int[] rows, CancellationToken stop)
    {
        using var shadow = new ModelHost(
            host.Name, host.Model, ShadowEngine(host), host.Patterns);
        using var warm = new Successor(
            shadow, 0, rows.Select(row => new WarmStream(row, _world.Streams.Name(row), _world.Streams[row].IsId)));
        var history = new TickHistory(_disk, warm, host.WarmTicks, stop)
        {
            Alive = () => Alive?.Invoke($"recovering: model {host.Name} is warming up, {warm.Ticks} ticks so far"),
        };
        history.Run(Next - 1, rows);
        return rows.Count(row => warm.CopyTo(row, ref _world.Streams[row], host));
    }

    // States are handed over as numbers, so that the processor may warm up what a device steps.
    private static CpuEngine ShadowEngine(ModelHost host) =>
        new(host.Model, host.Engine is CpuEngine ? host.Engine.Kernel : Kernels.Auto);

    // What its records were made with.
    private string Announce(JournalReader reader)
    {
        Last = Setup.Read(reader.Segment!.Description);
        foreach (var difference in Last.Differences(_setup))
            if (!_notices.Contains(difference))
                _notices.Add(difference);
        return reader.File!;
    }
}
