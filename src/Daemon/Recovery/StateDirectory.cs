using Realtime.Daemon.Configuration;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Storage;

namespace Realtime.Daemon.Recovery;

/// <summary>The folder of journal and snapshots, owned by this process.</summary>
public sealed class StateDirectory : IDisposable
{
    private volatile StateOptions _options;
    private readonly IClock _clock;
    private readonly StateOwner _owner;
    private readonly Retention _retention;

    /// <param name="disk">The folder; disposed with this.</param>
    /// <param name="options">How long what is kept.</param>
    /// <param name="clock">The daemon's.</param>
    /// <exception cref="IOException">The disk refuses.</exception>
    /// <exception cref="StateInUseException">Another process owns it.</exception>
    public StateDirectory(IDisk disk, StateOptions options, IClock clock)
    {
        (Disk, _options, _clock, _retention) = (disk, options, clock, new Retention(disk));
        _owner = StateOwner.Take(disk, clock.UtcNanoseconds);
        StateFiles.DeleteUnfinished(disk);
        // A clock that was set back must not repeat an epoch, even where nothing else of that start has survived.
        Epoch = Math.Max((ulong)clock.UtcNanoseconds, LastEpoch() + 1);
        EpochFile.Write(disk, Epoch);
    }

    public IDisk Disk { get; }

    /// <summary>Of this start; greater than that of any start before.</summary>
    public ulong Epoch { get; }

    /// <summary>Wakes the loop; from any thread.</summary>
    public Action Wake { get; set; } = static () => { };

    /// <summary>Keeps files as these say, from now on; from any thread.</summary>
    public void Use(StateOptions options) => _options = options;

    public long Now() => _clock.UtcNanoseconds;

    /// <summary>Deletes what no restart needs any more and what is past its time.</summary>
    public void ClearAway()
    {
        var options = _options;
        _retention.Apply(options.Keep, options.MaxBytes, Now());
    }

    public void Dispose()
    {
        _owner.Dispose();
        Disk.Dispose();
    }

    private ulong EpochOf(StateFile segment)
    {
        using var reader = new SegmentReader(Disk, segment);
        return reader.Header?.Epoch ?? 0;
    }

    private ulong LastEpoch()
    {
        var last = EpochFile.Read(Disk);
        foreach (var file in StateFiles.Segments(Disk).TakeLast(2))
            last = Math.Max(last, EpochOf(file));
        foreach (var file in StateFiles.Snapshots(Disk).TakeLast(2))
        {
            try
            {
                using var snapshot = new SnapshotReader(Disk, file.Name);
                last = Math.Max(last, snapshot.Header.Epoch);
            }
            catch (SnapshotCorruptException)
            {
                // Recovery tells of it.
            }
        }

        return last;
    }
}
