using System.Collections.Concurrent;
using Realtime.Daemon.Frames.Snapshots;
using Realtime.Daemon.Storage;

namespace Realtime.Daemon.Recovery;

/// <summary>Writes snapshots to the state directory on a thread of its own, and clears away what they make needless.
/// </summary>
public sealed class SnapshotThread : ISnapshotStore, IDisposable
{
    // Blocks on their way to the disk that the loop need not wait for; what must be copied at once goes beyond.
    private const int BlocksMax = 64;

    // Blocks that are kept for the next snapshot.
    private const int BlocksKept = 8;

    private readonly StateDirectory _directory;
    private readonly JournalWriter _journal;
    private readonly BlockingCollection<Action> _work = [];
    private readonly ConcurrentQueue<ImageBlock> _free = new();
    private readonly Thread? _thread;
    private SnapshotWriter? _writer;
    private string? _trouble;
    private int _rented;
    private ulong _writing;
    private long _begun;
    private long _started;
    private long _ended;
    private long _number = -1;
    private volatile string? _fault;

    public SnapshotThread(StateDirectory directory, JournalWriter journal)
        : this(directory, journal, hasThread: true)
    {
    }

    /// <param name="directory">Where they go.</param>
    /// <param name="journal">Begins a segment with each snapshot.</param>
    /// <param name="hasThread">False: a test does the thread's work by <see cref="Work"/>.</param>
    internal SnapshotThread(StateDirectory directory, JournalWriter journal, bool hasThread)
    {
        (_directory, _journal) = (directory, journal);
        if (hasThread)
            _thread = new Thread(Run) { Name = "snapshots", IsBackground = true };
        _thread?.Start();
    }

    public bool IsBusy => Volatile.Read(ref _ended) != _started;

    public long Ended => Volatile.Read(ref _ended);

    public ulong? Number => Volatile.Read(ref _number) is >= 0 and var number ? (ulong)number : null;

    public string? Fault => _fault;

    /// <summary>Called on the thread after each snapshot: its number, streams, bytes, seconds, and what went wrong.
    /// </summary>
    public Action<SnapshotOutcome>? Done { get; set; }

    public bool TryBegin(ulong number, byte[] description)
    {
        if (IsBusy)
            return false;
        _started++;
        _journal.Rotate();
        _begun = _directory.Now();
        var header = new SnapshotHeader(number, _begun, _directory.Epoch, description);
        _work.Add(() => Guard(() => _writer = new SnapshotWriter(_directory.Disk, header)));
        _writing = number;
        return true;
    }

    public ImageBlock? Rent() => Volatile.Read(ref _rented) < BlocksMax ? RentNow() : null;

    public ImageBlock RentNow()
    {
        Interlocked.Increment(ref _rented);
        return _free.TryDequeue(out var block) ? block : new ImageBlock();
    }

    public void Add(ImageBlock block) => _work.Add(() =>
    {
        Guard(() => _writer?.Write((uint)block.Kind, block.Rows, block.Written));
        _free.Enqueue(block);
        Interlocked.Decrement(ref _rented);
    });

    public void End(int streams) => _work.Add(() => Complete(streams));

    /// <summary>Waits for what was begun, and ends the thread.</summary>
    public bool Close(TimeSpan within)
    {
        _work.CompleteAdding();
        return IsDone(within);
    }

    public void Dispose()
    {
        _work.CompleteAdding();
        if (IsDone(TimeSpan.FromSeconds(10)))
            _work.Dispose();
    }

    /// <summary>Does the next piece of work, where there is no thread; false where there is none.</summary>
    internal bool Work()
    {
        if (!_work.TryTake(out var action))
            return false;
        action();
        return true;
    }

    private bool IsDone(TimeSpan within)
    {
        if (_thread is not null)
            return _thread.Join(within);
        Run();
        return true;
    }

    private void Run()
    {
        foreach (var action in _work.GetConsumingEnumerable())
            action();
        _writer?.Dispose();
        while (_free.TryDequeue(out var block))
            block.Dispose();
    }

    private void Complete(int streams)
    {
        var bytes = 0L;
        Guard(() =>
        {
            bytes = _writer!.Bytes;
            _writer.Complete();
            Volatile.Write(ref _number, (long)_writing);
            _journal.Cover(_writing);
        });
        var trouble = _trouble;
        _writer?.Dispose();
        _writer = null;
        _trouble = null;
        _fault = trouble;
        Done?.Invoke(new SnapshotOutcome(_writing, streams, bytes, (_directory.Now() - _begun) / 1e9, trouble));
        while (_free.Count > BlocksKept && _free.TryDequeue(out var block))
            block.Dispose();
        Volatile.Write(ref _ended, _ended + 1);
        _directory.Wake();
        // The snapshot is good, whatever becomes of older files.
        Guard(_directory.ClearAway);
        _trouble = null;
    }

    private void Guard(Action action)
    {
        if (_trouble is not null)
            return;
        try
        {
            action();
        }
        catch (IOException e)
        {
            _trouble = e.Message;
        }
    }
}

/// <summary>How a snapshot ended.</summary>
/// <param name="Number">Of the last record in it.</param>
/// <param name="Streams">Copied.</param>
/// <param name="Bytes">Written.</param>
/// <param name="Seconds">From begin to end.</param>
/// <param name="Fault">Null where it is durable.</param>
public readonly record struct SnapshotOutcome(ulong Number, int Streams, long Bytes, double Seconds, string? Fault);
