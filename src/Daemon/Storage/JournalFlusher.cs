using System.Diagnostics;
using System.Globalization;

namespace Realtime.Daemon.Storage;

/// <summary>Does for the journal what may wait for the disk: syncing, and making the next segment ready.</summary>
internal sealed class JournalFlusher : IDisposable
{
    private const string SparePrefix = "journal-next-";
    private const string ProbeName = "probe.tmp";
    private const int ProbeBytes = 4096;

    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    private readonly IDisk _disk;
    private readonly JournalOptions _options;
    private readonly Lock _gate = new();
    private readonly AutoResetEvent _wake = new(initialState: false);
    private readonly List<OpenSegment> _retired = [];
    private readonly Thread? _thread;
    private OpenSegment _current;
    private SpareSegment? _spare;
    private ulong _whole;
    private ulong _synced;
    private volatile string? _fault;
    private volatile string? _spareTrouble;
    private volatile bool _isProbed;
    private volatile bool _stops;
    private volatile bool _waits;
    private bool _cannotSync;
    private long _spareBytes;
    private int _spares;
    private long _lastSync;
    private long _lastTry;
    private long _syncStarted;
    private long _fsyncs;
    private long _lastFsync;
    private long _longestFsync;

    public JournalFlusher(IDisk disk, JournalOptions options, OpenSegment current, ulong synced)
    {
        (_disk, _options, _current) = (disk, options, current);
        (_whole, _synced, _spareBytes) = (synced, synced, options.SegmentBytes);
        _lastSync = Stopwatch.GetTimestamp();
        if (options.HasThread)
            _thread = new Thread(Run) { Name = "journal", IsBackground = true };
        _thread?.Start();
    }

    /// <summary>Number of the last record that the disk has.</summary>
    public ulong Synced => Volatile.Read(ref _synced);

    /// <summary>Null where all is well; set once, by either thread.</summary>
    public string? Fault => _fault;

    /// <summary>Why there is no next segment; null where nothing hinders.</summary>
    public string? SpareTrouble => _spareTrouble;

    /// <summary>The disk has worked since the trouble, and the next segment is ready.</summary>
    public bool IsReadyAgain => _isProbed && Volatile.Read(ref _spare) is not null;

    public bool IsSlow
    {
        get
        {
            var started = Volatile.Read(ref _syncStarted);
            return started != 0 && Stopwatch.GetElapsedTime(started) > _options.SlowAfter;
        }
    }

    public long Fsyncs => Volatile.Read(ref _fsyncs);

    public TimeSpan LastFsync => Stopwatch.GetElapsedTime(0, Volatile.Read(ref _lastFsync));

    public TimeSpan LongestFsync => Stopwatch.GetElapsedTime(0, Volatile.Read(ref _longestFsync));

    public long SpareBytes => Volatile.Read(ref _spare)?.Size ?? 0;

    /// <summary>A record is written whole; wakes the flusher where someone waits for it to be durable.</summary>
    public void Wrote(ulong number)
    {
        Volatile.Write(ref _whole, number);
        if (_options.Durability != JournalDurability.Fsync)
            return;
        Interlocked.MemoryBarrier();
        if (_waits)
            _wake.Set();
    }

    public void Fail(string text)
    {
        lock (_gate)
        {
            if (_fault is not null)
                return;
            _isProbed = false;
            _fault = text;
        }

        _options.Moved?.Invoke();
    }

    /// <summary>The next segment, where it is ready and long enough.</summary>
    public SpareSegment? TakeSpare(long bytes)
    {
        if (SpareBytes < bytes)
            return null;
        var spare = Interlocked.Exchange(ref _spare, null);
        _wake.Set();
        return spare;
    }

    /// <summary>Has the next segment made that long at least.</summary>
    public void Want(long bytes)
    {
        if (bytes > Volatile.Read(ref _spareBytes))
            Volatile.Write(ref _spareBytes, bytes);
        _wake.Set();
    }

    /// <summary>From now on records go to another segment.</summary>
    public void Turn(OpenSegment next)
    {
        lock (_gate)
        {
            _retired.Add(_current);
            _current = next;
        }
    }

    /// <summary>Begins again behind trouble.</summary>
    public void Restart(OpenSegment next)
    {
        lock (_gate)
        {
            _retired.Add(_current);
            foreach (var segment in _retired)
                segment.IsAbandoned |= _fault is not null;
            _current = next;
            _fault = null;
            _isProbed = false;
            _cannotSync = false;
        }
    }

    /// <summary>One round of what is due; true where more may be due at once.</summary>
    public bool Work(bool all)
    {
        var synced = IsSyncDue(all) && Sync();
        if (_fault is null && !IsAlive())
            Fail($"the directory {_disk.Path} or {_current.Name} in it is gone, or another one has its name");
        if (_fault is not null && !_isProbed && IsTryDue(all))
            Probe();
        var spare = Volatile.Read(ref _spare);
        if ((spare is null || spare.Size < Volatile.Read(ref _spareBytes)) && (_fault is null || _isProbed)
            && (_spareTrouble is null || IsTryDue(all)))
            MakeSpare();
        return synced;
    }

    /// <summary>Ends the thread; false where it is stuck in the disk.</summary>
    public bool Stop(TimeSpan limit)
    {
        _stops = true;
        _wake.Set();
        return _thread is null || _thread.Join(limit);
    }

    /// <summary>Syncs all records, and closes all but the current segment; for after <see cref="Stop"/>.</summary>
    public bool Finish() => (!_cannotSync && Sync()) || _fault is null;

    public void Dispose()
    {
        foreach (var segment in _retired)
            segment.File.Dispose();
        _retired.Clear();
        DropSpare();
        _wake.Dispose();
    }

    private void Run()
    {
        while (!_stops)
        {
            if (Work(all: false))
                continue;
            _waits = true;
            Interlocked.MemoryBarrier();
            if (!_stops && !IsSyncDue(all: false))
                _wake.WaitOne(Glance);
            _waits = false;
        }
    }

    private bool IsSyncDue(bool all)
    {
        if (_cannotSync)
            return false;
        bool isBehind;
        lock (_gate)
            isBehind = _retired.Count > 0 || Volatile.Read(ref _whole) > _synced;
        return isBehind && (all || _options.Durability == JournalDurability.Fsync
            || Stopwatch.GetElapsedTime(_lastSync) >= _options.SyncInterval);
    }

    private bool IsTryDue(bool all) => all || Stopwatch.GetElapsedTime(_lastTry) >= Retry;

    private bool IsAlive()
    {
        OpenSegment current;
        lock (_gate)
            current = _current;
        return _disk.IsThere() && (current.File.IsLinked || current != _current);
    }

    private bool Sync()
    {
        OpenSegment current;
        OpenSegment[] retired;
        ulong whole;
        lock (_gate)
        {
            // The number first: what is written after it was read may be synced as well.
            whole = Volatile.Read(ref _whole);
            current = _current;
            retired = [.. _retired];
        }

        var started = Stopwatch.GetTimestamp();
        Volatile.Write(ref _syncStarted, started);
        try
        {
            SyncFiles(retired, current);
        }
        catch (IOException e)
        {
            _cannotSync = true;
            Fail(e.Message);
            return false;
        }
        finally
        {
            _lastSync = Stopwatch.GetTimestamp();
            Volatile.Write(ref _syncStarted, 0);
            Measure(_lastSync - started);
        }

        Volatile.Write(ref _synced, Math.Max(whole, _synced));
        Close(retired);
        if (_options.Durability == JournalDurability.Fsync)
            _options.Moved?.Invoke();
        return true;
    }

    private void SyncFiles(OpenSegment[] retired, OpenSegment current)
    {
        var isNamed = true;
        foreach (var segment in retired.Where(static segment => !segment.IsAbandoned))
        {
            isNamed &= segment.IsNamed;
            segment.File.Sync();
        }

        current.File.Sync();
        if (!isNamed || !current.IsNamed)
            _disk.SyncDirectory();
        current.IsNamed = true;
        if (!_disk.IsThere() || !current.File.IsLinked)
            throw new IOException($"the directory {_disk.Path} or {current.Name} in it is gone");
    }

    private void Measure(long time)
    {
        Volatile.Write(ref _fsyncs, _fsyncs + 1);
        Volatile.Write(ref _lastFsync, time);
        Volatile.Write(ref _longestFsync, Math.Max(_longestFsync, time));
    }

    // What is behind the footer of a full segment goes back to the disk. That it does not is no harm.
    private void Close(OpenSegment[] retired)
    {
        foreach (var segment in retired)
        {
            lock (_gate)
                _retired.Remove(segment);
            using var file = segment.File;
            if (segment.IsAbandoned)
                continue;
            try
            {
                file.Truncate(RecordHeader.FooterOffset(segment.Position) + RecordHeader.Bytes);
            }
            catch (IOException)
            {
                // It reads the same at its full length.
            }
        }
    }

    // What is there already stays until a longer one is: where the disk has no room for that, it serves shorter frames.
    private void MakeSpare()
    {
        _lastTry = Stopwatch.GetTimestamp();
        var bytes = Volatile.Read(ref _spareBytes);
        try
        {
            // Each has a name of its own: the last one may be taken, and not have its final name yet.
            var name = StateFiles.UnfinishedName(
                string.Create(CultureInfo.InvariantCulture, $"{SparePrefix}{++_spares}"));
            var spare = new SpareSegment(Prepare(_disk, name, bytes), name, bytes);
            if (Interlocked.Exchange(ref _spare, spare) is { } shorter)
                Discard(shorter);
            _spareTrouble = null;
        }
        catch (IOException e)
        {
            _spareTrouble = e.Message;
        }

        Volatile.Write(ref _spareBytes, _options.SegmentBytes);
    }

    /// <summary>An empty file with its room on the disk taken, and its length durable.</summary>
    public static IDiskFile Prepare(IDisk disk, string name, long bytes)
    {
        var file = disk.Create(name);
        try
        {
            file.Preallocate(bytes);
            file.Sync();
            return file;
        }
        catch (IOException)
        {
            file.Dispose();
            Forget(disk, name);
            throw;
        }
    }

    private void Probe()
    {
        _lastTry = Stopwatch.GetTimestamp();
        DropSpare();
        try
        {
            if (!_disk.IsThere())
                return;
            using (var file = _disk.Create(ProbeName))
            {
                file.Write(new byte[ProbeBytes], 0);
                file.Sync();
            }

            _disk.Delete(ProbeName);
            _disk.SyncDirectory();
            _spareTrouble = null;
            _isProbed = true;
        }
        catch (IOException)
        {
            Forget(_disk, ProbeName);
        }
    }

    private void DropSpare()
    {
        if (Interlocked.Exchange(ref _spare, null) is { } spare)
            Discard(spare);
    }

    private void Discard(SpareSegment spare)
    {
        spare.File.Dispose();
        Forget(_disk, spare.Name);
    }

    private static void Forget(IDisk disk, string name)
    {
        try
        {
            disk.Delete(name);
        }
        catch (IOException)
        {
            // The next start deletes it.
        }
    }
}
