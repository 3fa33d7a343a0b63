namespace Realtime.Daemon.Storage;

/// <param name="File">The segment.</param>
/// <param name="Created">Ns since 1970; null where the header is damaged: it stays then.</param>
/// <param name="BeginsAnew">It does not continue the one before.</param>
/// <param name="Setup">Stands for what its records were made with: the same for the same.</param>
internal readonly record struct SegmentAge(StateFile File, long? Created, bool BeginsAnew, uint Setup = 0);

/// <summary>A snapshot that is whole.</summary>
internal readonly record struct SnapshotAge(StateFile File, long Created);

/// <summary>Which segments and snapshots may go.</summary>
internal sealed class RetentionPlan
{
    // Snapshots kept per stretch of the journal that is kept.
    private const int Bases = 4;

    private readonly SegmentAge[] _segments;
    private readonly SnapshotAge[] _snapshots;
    private readonly long _oldest;

    public RetentionPlan(
        SegmentAge[] segments, SnapshotAge[] snapshots, TimeSpan keep, long? maxBytes, long now)
    {
        (_segments, _snapshots) = (segments, snapshots);
        var span = Math.Max(1, keep.Ticks * TimeSpan.NanosecondsPerTick);
        _oldest = now - span;
        var kept = KeptByAge(span, now);
        var first = OldestKept(AgedOut());
        if (maxBytes is { } most)
            first = Math.Max(first, Squeeze(first, kept, most));
        Settle(first, kept);
    }

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<string> SegmentsToDelete { get; private set; } = [];

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<string> SnapshotsToDelete { get; private set; } = [];

    public long BytesLeft { get; private set; }

    // As many segments as the two newest snapshots cover may go.
    private int Covered
    {
        get
        {
            if (_snapshots.Length < 2)
                return 0;
            var number = _snapshots[^2].File.Number;
            var count = 0;
            while (count + 1 < _segments.Length && _segments[count + 1].File.Number <= number + 1)
                count++;
            return count;
        }
    }

    // A segment's end is as old as the begin of the next.
    private int AgedOut()
    {
        var most = Covered;
        var count = 0;
        while (count < most && _segments[count + 1].Created is { } end && end < _oldest)
            count++;
        return count;
    }

    // The two newest; the first of every quarter of the time that is kept, counted from 1970, so that it stays the
    // first as time goes on; what leads over trouble with the disk; and what a start with another engine, kernel or
    // model began from, as nothing else leads to its bits.
    private HashSet<ulong> KeptByAge(long span, long now)
    {
        var kept = new HashSet<ulong>(_snapshots.TakeLast(2).Select(static snapshot => snapshot.File.Number));
        var width = Math.Max(1, span / Bases);
        var oldestQuarter = Math.DivRem(_oldest, width).Quotient;
        var quarters = new HashSet<long>();
        foreach (var snapshot in _snapshots)
        {
            var quarter = Math.Min(snapshot.Created, now) / width;
            if (quarter >= oldestQuarter && quarters.Add(quarter))
                kept.Add(snapshot.File.Number);
        }

        foreach (var anew in _segments.Where(static segment => segment.BeginsAnew))
        {
            var lead = _snapshots.Select(static one => one.File.Number)
                .Where(number => number + 1 >= anew.File.Number).Take(1);
            kept.UnionWith(lead);
        }

        for (var i = 1; i < _segments.Length; i++)
        {
            var (first, isOther) = (_segments[i].File.Number, _segments[i].Setup != _segments[i - 1].Setup);
            kept.UnionWith(_snapshots.Select(static one => one.File.Number)
                .Where(number => isOther && number < first).TakeLast(1));
        }

        return kept;
    }

    // The last segment up to the limit at which a replay can begin; what leads to it stays.
    private int OldestKept(int limit)
    {
        for (var i = limit; i > 0; i--)
        {
            if (BaseOf(i) is not null)
                return i;
        }

        return 0;
    }

    // The first snapshot from which a replay reaches into the segment; 0 is the empty world, which needs none.
    private ulong? BaseOf(int index)
    {
        var first = _segments[index].File.Number;
        var next = index + 1 < _segments.Length ? _segments[index + 1].File.Number : ulong.MaxValue;
        foreach (var snapshot in _snapshots)
        {
            var behind = snapshot.File.Number + 1;
            if (behind >= first && behind < next)
                return snapshot.File.Number;
        }

        return first == 1 ? 0 : null;
    }

    // Over the limit the oldest goes though it is not old enough, with the snapshots that lead to it.
    private int Squeeze(int first, HashSet<ulong> kept, long most)
    {
        for (var i = first; i <= Covered && Sum(first, kept) > most; i++)
        {
            if (BaseOf(i) is not null)
                first = i;
        }

        return first;
    }

    private bool IsKept(in SnapshotAge snapshot, int first, HashSet<ulong> kept)
    {
        var number = snapshot.File.Number;
        return _segments.Length == 0 ? kept.Contains(number)
            : (kept.Contains(number) && number + 1 >= _segments[first].File.Number) || number == BaseOf(first);
    }

    private long Sum(int first, HashSet<ulong> kept) =>
        _segments.Skip(first).Sum(static segment => segment.File.Length)
        + _snapshots.Where(snapshot => IsKept(snapshot, first, kept)).Sum(static snapshot => snapshot.File.Length);

    private void Settle(int first, HashSet<ulong> kept)
    {
        SegmentsToDelete = [.. _segments.Take(first).Select(static segment => segment.File.Name)];
        SnapshotsToDelete =
        [
            .. _snapshots.Where(snapshot => !IsKept(snapshot, first, kept))
                .Select(static snapshot => snapshot.File.Name),
        ];
        BytesLeft = Sum(first, kept);
    }
}
