namespace Realtime.Daemon.Storage;

/// <summary>What was deleted, and what is left.</summary>
/// <param name="Deleted">Names, in the order in which they went.</param>
/// <param name="Bytes">Of the segments and snapshots left.</param>
/// <param name="IsOver">More than was allowed, though all that may go has gone.</param>
public sealed record RetentionResult(IReadOnlyList<string> Deleted, long Bytes, bool IsOver);

/// <summary>Deletes the segments and snapshots that nothing needs any more. One thread at a time.</summary>
/// <param name="disk">The directory.</param>
public sealed class Retention(IDisk disk)
{
    private readonly Dictionary<string, SnapshotAge?> _snapshots = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SegmentAge> _segments = new(StringComparer.Ordinal);

    /// <param name="keep">How far back the journal can be replayed.</param>
    /// <param name="maxBytes">Bytes of all segments and snapshots; null: any.</param>
    /// <param name="now">Ns since 1970.</param>
    /// <exception cref="IOException">The disk refuses; what was deleted before that was not needed.</exception>
    public RetentionResult Apply(TimeSpan keep, long? maxBytes, long now)
    {
        var plan = new RetentionPlan(Segments(), Snapshots(), keep, maxBytes, now);
        var deleted = new List<string>();
        // The oldest first, each for good before the next: what is left is a journal without a hole at any moment, and
        // the snapshot that leads to a segment goes after it.
        foreach (var name in plan.SegmentsToDelete.Concat(plan.SnapshotsToDelete))
        {
            disk.Delete(name);
            disk.SyncDirectory();
            deleted.Add(name);
            _segments.Remove(name);
            _snapshots.Remove(name);
        }

        return new RetentionResult(deleted, plan.BytesLeft, maxBytes is { } most && plan.BytesLeft > most);
    }

    private SegmentAge[] Segments() =>
    [
        .. StateFiles.Segments(disk).Select(file =>
        {
            if (!_segments.TryGetValue(file.Name, out var known))
            {
                using var opened = disk.Open(file.Name);
                var header = SegmentHeader.Read(opened, file.Number, out _, out _);
                known = new SegmentAge(
                    file, header?.Created, header?.BeginsAnew ?? false, Crc32C.Of(header?.Description ?? []));
                _segments[file.Name] = known;
            }

            return known with { File = file };
        }),
    ];

    // A snapshot counts once it was found whole, which is looked at once.
    private SnapshotAge[] Snapshots()
    {
        var good = new List<SnapshotAge>();
        foreach (var file in StateFiles.Snapshots(disk))
        {
            if (!_snapshots.TryGetValue(file.Name, out var known))
            {
                known = SnapshotReader.Check(disk, file.Name) is null
                    ? new SnapshotAge(file, Created(file.Name)) : null;
                _snapshots[file.Name] = known;
            }

            if (known is { } age)
                good.Add(age with { File = file });
        }

        return [.. good];
    }

    private long Created(string snapshot)
    {
        using var reader = new SnapshotReader(disk, snapshot);
        return reader.Header.Created;
    }
}
