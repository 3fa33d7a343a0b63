using Microsoft.Extensions.Logging.Abstractions;
using Realtime.Daemon.Configuration;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Snapshots;
using Realtime.Daemon.Hosting;
using Realtime.Daemon.Storage;
using Realtime.Protocol;

namespace Realtime.Daemon.Recovery;

/// <summary>
/// What makes the loop's world durable: brought back before the first frame, recorded while it runs, closed behind the
/// last.
/// </summary>
public sealed partial class DurableLife(
    StateDirectory directory, World world, Setup setup, RealtimeOptions options, bool salvage)
    : ILoopLife, IDisposable
{
    // Of the time to stop; the rest is for the loop and the journal.
    private const double SnapshotShare = 0.6;

    private const int SegmentsPerDisk = 64;
    private const long SegmentBytesMin = 1 << 20;

    private RealtimeOptions _options = options;
    private ILogger _log = NullLogger.Instance;
    private JournalWriter? _journal;
    private SnapshotThread? _snapshots;

    /// <summary>What only simulations change.</summary>
    internal LifeTuning Tuning { get; init; } = new();

    /// <summary>How far a start has come.</summary>
    public RecoveryProgress Progress { get; } = new();

    /// <summary>What is measured of snapshots.</summary>
    public SnapshotMeter SnapshotMeter { get; } = new();

    /// <summary>Null until it has begun.</summary>
    internal JournalWriter? Journal => _journal;

    /// <summary>Null until it has begun.</summary>
    internal SnapshotThread? Snapshots => _snapshots;

    /// <summary>Why a model is stepped by what it is; null where nothing is known.</summary>
    public Func<string, string?> WhyEngine { get; init; } = static _ => null;

    /// <summary>Wakes the loop; from any thread.</summary>
    public Action Wake { get; set; } = static () => { };

    /// <summary>Where it tells what it does.</summary>
    public ILogger Log
    {
        set => _log = value;
    }

    /// <summary>Told now and then how far the recovery is, in words.</summary>
    public Action<string>? Recovering { get; set; }

    /// <summary>Goes on as these say; on the loop's thread.</summary>
    public void Use(RealtimeOptions options)
    {
        if (options.State.SnapshotEvery != _options.State.SnapshotEvery)
            world.Snapshots?.Use(options.State.SnapshotEvery);
        _options = options;
        directory.Use(options.State);
    }

    public void Begin(CancellationToken stop)
    {
        try
        {
            var recovery = Recover(stop);
            Open(recovery);
        }
        catch (Exception e) when (e is JournalCorruptException or InvalidDataException)
        {
            throw new StartException(
                ExitCode.Configuration,
                [$"state.directory {directory.Disk.Path}: {e.Message}",
                 "run with --salvage to go on with what lies before the damage; the rest is set aside"]);
        }
        catch (IOException e)
        {
            throw new StartException(ExitCode.Failed, [$"state.directory {directory.Disk.Path}: {e.Message}"]);
        }
    }

    public void End()
    {
        if (_snapshots?.Close(_options.Stop.Timeout * SnapshotShare) == false)
            LogNotice("the last snapshot was not done within stop.timeout; the next start replays the journal instead");
        if (_journal?.Close() == false)
            LogNotice($"the journal could not be closed: {_journal.Fault}");
        FailedDeviceFile.Delete(directory.Disk);
    }

    public string DeviceFailed(string fault)
    {
        try
        {
            FailedDeviceFile.Write(directory.Disk, fault);
        }
        catch (IOException e)
        {
            LogNotice($"the next start will not know of it: {e.Message}");
        }

        return $"Every acknowledged tick of {world.Streams.Count} streams is in {directory.Disk.Path}: a start goes on "
            + "from there, with engine.kind auto on the processor until the daemon has ended as it should";
    }

    public void Dispose()
    {
        _snapshots?.Dispose();
        _journal?.Dispose();
        directory.Dispose();
    }

    private WorldRecovery Recover(CancellationToken stop)
    {
        var recovery = new WorldRecovery(directory.Disk, world, setup)
        {
            Progress = TellProgress,
            Alive = Recovering,
            Salvage = salvage ? Skip : null,
            Together = Tuning.Together,
        };
        var report = recovery.Run(stop);
        world.Recovery = report;
        foreach (var notice in report.Notices)
            LogNotice(notice);
        foreach (var change in recovery.Last?.EngineChanges(setup) ?? [])
            world.RaiseLater(change with { At = directory.Now(), Reason = WhyEngine(change.Model) });
        LogRecovered(
            report.Carried + report.Cold + report.Warmed, report.Snapshot ?? 0, report.Records, report.Ticks,
            report.Ticks / Math.Max(report.Seconds, 1e-9), report.Seconds);
        if (_options.State.RestoredEvents)
            RaiseRestored();
        return recovery;
    }

    private void Skip(SkippedRange range) => LogNotice(
        $"{range.File} at byte {range.Offset}: {range.Found}, expected {range.Expected}; {range.Length} bytes are "
        + "passed over");

    private void RaiseRestored()
    {
        foreach (var name in world.Streams.NamesFrom([]))
            world.Raise(StreamEventKind.Restored, world.Streams.Find(name), "start");
    }

    private void Open(WorldRecovery recovery)
    {
        var description = setup.ToBytes();
        _journal = JournalWriter.Open(
            directory.Disk, recovery.End!, recovery.Next, directory.Now(), new JournalOptions
            {
                Durability = _options.State.Durability == Durability.Fsync
                    ? JournalDurability.Fsync : JournalDurability.Os,
                Epoch = directory.Epoch,
                Description = description,
                Moved = Wake,
                SegmentBytes = Tuning.SegmentBytes ?? SegmentBytes(),
                HasThread = Tuning.HasThreads,
            });
        directory.Wake = Wake;
        _snapshots = new SnapshotThread(directory, _journal, Tuning.HasThreads) { Done = LogOutcome };
        world.Changes.Use(Tuning.Journal(_journal));
        _ = new Snapshotter(
            world, Tuning.Store(_snapshots), _options.State.SnapshotEvery, description, Tuning.SliceBytes);
    }

    // Two are allocated ahead at any time, which must not be what fills a small disk.
    private long SegmentBytes()
    {
        var room = Math.Min(directory.Disk.FreeBytes, _options.State.MaxBytes ?? long.MaxValue);
        return Math.Clamp(room / SegmentsPerDisk, SegmentBytesMin, JournalOptions.DefaultSegmentBytes);
    }

    /// <summary>Tells of trouble with the disk, and of its end.</summary>
    public void Tell(string? trouble)
    {
        if (trouble is null)
            LogMended();
        else
            LogTrouble(trouble);
    }

    private void TellProgress(long records, long ticks)
    {
        Progress.Tell(records, ticks);
        LogProgress(records, ticks);
    }

    private void LogOutcome(SnapshotOutcome outcome)
    {
        SnapshotMeter.Add(in outcome);
        if (outcome.Fault is { } fault)
            LogNotice($"snapshot: {fault}");
        else
            LogSnapshot(outcome.Number, outcome.Streams, outcome.Bytes, outcome.Seconds);
    }

    [LoggerMessage(30, LogLevel.Warning, "{Notice}")]
    private partial void LogNotice(string notice);

    [LoggerMessage(34, LogLevel.Error, "Ticks can't be made durable and are refused or held up: {Trouble}")]
    private partial void LogTrouble(string trouble);

    [LoggerMessage(35, LogLevel.Information, "Ticks are made durable again")]
    private partial void LogMended();

    [LoggerMessage(31, LogLevel.Information, "Recovering: {Records} records, {Ticks} ticks replayed so far")]
    private partial void LogProgress(long records, long ticks);

    [LoggerMessage(
        32, LogLevel.Information,
        "Recovered {Streams} streams: snapshot up to record {Snapshot}, {Records} records and {Ticks} ticks replayed "
        + "({Rate:0} ticks/s), {Seconds:0.000} s")]
    private partial void LogRecovered(
        int streams, ulong snapshot, long records, long ticks, double rate, double seconds);

    [LoggerMessage(
        33, LogLevel.Debug, "Snapshot up to record {Number}: {Streams} streams, {Bytes} bytes, {Seconds:0.000} s")]
    private partial void LogSnapshot(ulong number, int streams, long bytes, double seconds);
}
