using Realtime.Daemon.Frames;

namespace Realtime.Daemon.Storage;

/// <summary>Writes the journal. Owned by the loop's thread; what only reads may be called from any.</summary>
public sealed class JournalWriter : IJournal, IDisposable
{
    /// <summary>Bytes of a record for one byte of messages, at most: the shortest tick that admits a stream.</summary>
    public const int RecordBytesPerMessageByte = 12;

    /// <summary>Bytes of a record that no message pays for.</summary>
    public const int RecordOverhead = 4096;

    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(10);

    private readonly IDisk _disk;
    private readonly JournalOptions _options;
    private readonly RecordEncoder _encoder = new();
    private readonly JournalFlusher _flusher;
    private OpenSegment _segment;
    private byte[] _description;
    private ulong _written;
    private ulong _reached;
    private ulong _covered;
    private ulong _lost;
    private ulong _beforeLoss;
    private volatile bool _isShort;
    private long _now;
    private long _bytes;
    private long _records;
    private long _segments;
    private bool _isClosed;

    private JournalWriter(IDisk disk, JournalOptions options, ulong written, bool isAnew, long now)
    {
        (_disk, _options, _written, _reached, _covered, _now) = (disk, options, written, written, written, now);
        _description = options.Description;
        var size = SizeFor(RecordOverhead);
        var name = StateFiles.UnfinishedName(StateFiles.SegmentName(written + 1));
        var file = JournalFlusher.Prepare(disk, name, size);
        _segment = Begin(new SpareSegment(file, name, size), written + 1, written, isAnew);
        file.Sync();
        disk.SyncDirectory();
        _segment.IsNamed = true;
        _flusher = new JournalFlusher(disk, options, _segment, written);
    }

    public bool Records => true;

    public ulong Written => Volatile.Read(ref _written);

    /// <remarks>Behind trouble it stands still until <see cref="Cover"/> says that nothing lost is missed.</remarks>
    public ulong Durable
    {
        get
        {
            var covered = Volatile.Read(ref _covered);
            var isWhole = covered >= Volatile.Read(ref _lost);
            return Math.Max(covered, isWhole ? Reached : Volatile.Read(ref _beforeLoss));
        }
    }

    public string? Fault => _flusher.Fault ?? (_isShort ? _flusher.SpareTrouble : null);

    /// <summary>An fsync has been going on for longer than it should.</summary>
    public bool Slow => _flusher.IsSlow;

    /// <summary>The next segment is ready.</summary>
    internal bool HasNext => _flusher.SpareBytes > 0;

    public string? Warning => Slow ? $"an fsync takes longer than {_options.SlowAfter.TotalSeconds:0.#} s" : null;

    /// <summary>Number of the last record that the disk has, whatever durability was asked for.</summary>
    public ulong Synced => _flusher.Synced;

    public JournalStatistics Statistics => new(
        Volatile.Read(ref _bytes), Volatile.Read(ref _records), Volatile.Read(ref _segments), _flusher.Fsyncs,
        _flusher.LastFsync, _flusher.LongestFsync, Written - Math.Min(Written, Durable));

    /// <summary>Opens the journal of a directory for records from a number on, in a segment of their own.</summary>
    /// <param name="disk">The directory; the caller owns it.</param>
    /// <param name="end">What a <see cref="JournalReader"/> found at the end; what it left out is cut or set aside.
    /// </param>
    /// <param name="next">Number of the next record: behind the journal and the snapshot that was read.</param>
    /// <param name="now">The time, ns since 1970.</param>
    /// <param name="options">How to write.</param>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static JournalWriter Open(IDisk disk, JournalEnd end, ulong next, long now, JournalOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.SegmentBytes, JournalOptions.LeastSegmentBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Description.Length, SegmentHeader.LargestDescription);
        ArgumentOutOfRangeException.ThrowIfLessThan(next, Math.Max(end.Next, 1));
        JournalRepair.Apply(disk, end);
        var isAnew = end.Kind == JournalEndKind.Empty ? next != 1 : end.Next != next;
        return new JournalWriter(disk, options, next - 1, isAnew || BeginsAnew(disk, next), now);
    }

    /// <summary>What the next segments' headers say that results depend on.</summary>
    public void Describe(byte[] description)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(description.Length, SegmentHeader.LargestDescription);
        _description = description;
    }

    public bool CanTake(long bytes)
    {
        if (_flusher.Fault is not null)
            return false;
        var need = bytes * RecordBytesPerMessageByte + RecordOverhead;
        // Once it has been short, smaller frames do not make it well: the next segment does.
        var hasRoom = _flusher.SpareBytes >= SizeFor(need) || (!_isShort && _segment.Room >= need);
        _isShort = !hasRoom;
        if (!hasRoom)
            _flusher.Want(SizeFor(need));
        return hasRoom;
    }

    public void Append(in FrameRecord record)
    {
        var number = _written + 1;
        _now = record.Now;
        var isWritten = _flusher.Fault is null && Write(record, number);
        Volatile.Write(ref _written, number);
        if (!isWritten)
            return;
        Volatile.Write(ref _reached, number);
        _flusher.Wrote(number);
    }

    /// <summary>
    /// Goes on in a new segment, so that the next record begins one; for snapshots. Does nothing and gives false where
    /// no next segment is ready: the loop never waits for it.
    /// </summary>
    public bool Rotate()
    {
        if (_segment.First == _written + 1)
            return true;
        var least = SizeFor(RecordOverhead);
        return _flusher.Fault is null && _flusher.SpareBytes >= least && TryAdvance(least);
    }

    /// <summary>
    /// After trouble: begins a fresh segment for records from a number on, once the disk has been found to work; asked
    /// again later where it gave false. Never waits for the disk longer than a file takes to be renamed. Records that
    /// were lost to the trouble are in no journal: <see cref="Durable"/> stands still until a snapshot has all before
    /// <paramref name="next"/> and <see cref="Cover"/> says so.
    /// </summary>
    public bool TryReopen(ulong next)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(next, _written);
        if (Fault is null && next == _written + 1)
            return true;
        var isBroken = _flusher.Fault is not null;
        if (isBroken && !_flusher.IsReadyAgain)
        {
            _flusher.Want(0);
            return false;
        }

        if (_flusher.TakeSpare(SizeFor(RecordOverhead)) is not { } spare)
        {
            _flusher.Want(0);
            return false;
        }

        return Reopen(spare, next, isBroken);
    }

    public bool TryReopen() => TryReopen(_written + 1);

    /// <summary>A durable snapshot has everything up to the record: it needs no journal. Any thread.</summary>
    public void Cover(ulong number)
    {
        ulong before;
        do
        {
            before = Volatile.Read(ref _covered);
        }
        while (number > before && Interlocked.CompareExchange(ref _covered, number, before) != before);
    }

    /// <summary>Ends the journal so that any later damage to it shows; false where trouble prevented that.</summary>
    public bool Close()
    {
        if (_isClosed)
            return _flusher.Fault is null;
        _isClosed = true;
        if (!_flusher.Stop(CloseLimit))
            return false;
        try
        {
            if (_flusher.Finish() && _flusher.Fault is null)
                JournalRepair.Seal(_segment.File, _segment.Position, _written + 1);
        }
        catch (IOException e)
        {
            _flusher.Fail(e.Message);
        }

        _segment.File.Dispose();
        _flusher.Dispose();
        return _flusher.Fault is null;
    }

    public void Dispose() => Close();

    /// <summary>One round of the flusher, where it has no thread.</summary>
    internal void Work(bool all = true) => _flusher.Work(all);

    private ulong Reached =>
        _options.Durability == JournalDurability.Fsync ? _flusher.Synced : Volatile.Read(ref _reached);

    private long SizeFor(long record) => Math.Max(
        _options.SegmentBytes,
        SegmentHeader.BytesOf(_description.Length) + record + RecordHeader.FooterReserve + RecordHeader.Sector);

    // A start that wrote nothing left a segment that the new one takes the place of.
    private static bool BeginsAnew(IDisk disk, ulong next)
    {
        var left = StateFiles.Segments(disk).FirstOrDefault(file => file.Number == next);
        if (left.Name is null)
            return false;
        using var file = disk.Open(left.Name);
        return SegmentHeader.Read(file, next, out _, out _) is { BeginsAnew: true };
    }

    private bool Write(in FrameRecord record, ulong number)
    {
        try
        {
            var length = RecordEncoder.Measure(record);
            if (length > RecordEncoder.LongestRecord)
                throw new IOException($"a record of {length} bytes is more than {RecordEncoder.LongestRecord}");
            if (length > _segment.Room && !TryAdvance(SizeFor(length)))
                return false;
            var bytes = _encoder.Encode(record, number, _flusher.Synced);
            _segment.File.Write(bytes, _segment.Position);
            _segment.Position += bytes.Length;
            _bytes += bytes.Length;
            _records++;
            return true;
        }
        catch (IOException e)
        {
            _flusher.Fail(e.Message);
            return false;
        }
    }

    private bool TryAdvance(long size)
    {
        try
        {
            var first = _written + 1;
            RecordHeader.WriteFooter(_segment.File, _segment.Position, first, _flusher.Synced);
            var spare = _flusher.TakeSpare(size) ?? MakeNow(first, size);
            _segment = Begin(spare, first, _flusher.Synced, isAnew: false);
            _flusher.Turn(_segment);
            return true;
        }
        catch (IOException e)
        {
            _flusher.Fail(e.Message);
            return false;
        }
    }

    // A frame larger than anyone could foresee; the loop waits.
    private SpareSegment MakeNow(ulong first, long size)
    {
        var name = StateFiles.UnfinishedName(StateFiles.SegmentName(first));
        return new SpareSegment(JournalFlusher.Prepare(_disk, name, size), name, size);
    }

    private OpenSegment Begin(SpareSegment spare, ulong first, ulong durable, bool isAnew)
    {
        try
        {
            var header = new SegmentHeader(first, _now, _options.Epoch, durable, spare.Size, isAnew, _description)
                .ToBytes();
            spare.File.Write(header, 0);
            var name = StateFiles.SegmentName(first);
            _disk.Rename(spare.Name, name);
            _segments++;
            _bytes += header.Length;
            return new OpenSegment(spare.File, name, first, spare.Size, header.Length);
        }
        catch (IOException)
        {
            spare.File.Dispose();
            throw;
        }
    }

    private bool Reopen(SpareSegment spare, ulong next, bool isBroken)
    {
        try
        {
            if (!isBroken)
                RecordHeader.WriteFooter(_segment.File, _segment.Position, _written + 1, _flusher.Synced);
            var isAnew = isBroken || next != _written + 1;
            _segment = Begin(spare, next, _flusher.Synced, isAnew);
        }
        catch (IOException e)
        {
            _flusher.Fail(e.Message);
            return false;
        }

        Volatile.Write(ref _beforeLoss, Durable);
        Volatile.Write(ref _lost, _segment.First == _written + 1 && !isBroken ? _lost : next - 1);
        _flusher.Restart(_segment);
        Volatile.Write(ref _written, next - 1);
        _isShort = false;
        return true;
    }
}
