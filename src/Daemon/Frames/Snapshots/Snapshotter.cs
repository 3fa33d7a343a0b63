using System.Diagnostics;

namespace Realtime.Daemon.Frames.Snapshots;

/// <summary>
/// Takes snapshots of the world while the loop runs: at times, on request, and after the journal has failed, when only
/// a whole snapshot makes good what it lacks.
/// </summary>
public sealed class Snapshotter
{
    // How often a failed journal is tried again.
    private const long RetryEvery = 1_000_000_000;

    /// <summary>Bytes copied between two frames: a tenth of a millisecond or two, where a pause of 2 ms is allowed.
    /// </summary>
    public const int SliceBytes = 256 * 1024;

    private readonly World _world;
    private readonly ISnapshotStore _store;
    private readonly SnapshotCopy _copy;
    private long _every;
    private long _next;
    private long _retry;
    private long _wanted;

    // Time that copies within the frame have taken, in ticks of the stopwatch.
    private long _held;

    /// <param name="world">What is copied.</param>
    /// <param name="store">Where it goes.</param>
    /// <param name="every">Time from the begin of one to the begin of the next.</param>
    /// <param name="description">Of models and engine; heads each snapshot.</param>
    /// <param name="sliceBytes">Bytes copied between two frames, at least one row.</param>
    public Snapshotter(
        World world, ISnapshotStore store, TimeSpan every, byte[] description, int sliceBytes = SliceBytes)
    {
        _world = world;
        _store = store;
        _copy = new SnapshotCopy(world, store, description, sliceBytes);
        Use(every);
        world.Snapshots = this;
    }

    /// <summary>Another time between two, from now on.</summary>
    public void Use(TimeSpan every)
    {
        _every = Math.Max(1, every.Ticks) * 100;
        _next = _world.Now + _every;
    }

    /// <summary>The longest that the copying of snapshots has held up a frame since the last reset.</summary>
    public TimeSpan LongestPause { get; private set; }

    /// <summary>Rows are left to copy, so the loop must not sleep.</summary>
    public bool IsCopying => _copy.IsCopying;

    /// <summary>A snapshot is being copied or written.</summary>
    public bool IsBusy => _copy.IsCopying || _store.IsBusy;

    /// <summary>Snapshots ended since the start, good or not.</summary>
    public long Ended => _store.Ended;

    /// <summary>Why the last one failed; null where it did not.</summary>
    public string? Fault => _store.Fault;

    /// <summary>When the next one is due, ns since 1970.</summary>
    public long Next => _wanted > Ended || _world.Changes.Fault is not null
        ? Math.Min(_next, _world.Now + RetryEvery / 10) : _next;

    public void BeforeChange(int row)
    {
        if (!_copy.IsCopying)
            return;
        var begun = Stopwatch.GetTimestamp();
        _copy.BeforeChange(row);
        _held += Stopwatch.GetTimestamp() - begun;
    }

    /// <summary>None is begun while this is set.</summary>
    public bool IsHeld { get; set; }

    /// <summary>The world has other models from here on; none of it is being copied.</summary>
    public void Describe(byte[] description) => _copy.Describe(description);

    public void ResetPause() => LongestPause = TimeSpan.Zero;

    public void Skip(int row) => _copy.Skip(row);

    /// <summary>Wants a snapshot of the world as it is now or later; returns what <see cref="Ended"/> must reach.
    /// </summary>
    public long Ask()
    {
        var ticket = Ended + (IsBusy ? 2 : 1);
        _wanted = Math.Max(_wanted, ticket);
        return ticket;
    }

    /// <summary>Does what is due, between two frames.</summary>
    public void Run()
    {
        var begun = Stopwatch.GetTimestamp();
        if (_world.Changes.Fault is not null)
            Mend();
        else if (_wanted > Ended || _world.Now >= _next || _next - _world.Now > _every)
            Begin();
        _copy.RunSlice();
        var pause = Stopwatch.GetElapsedTime(begun - _held);
        _held = 0;
        if (pause > LongestPause)
            LongestPause = pause;
    }

    /// <summary>Nothing changes any more: the last snapshot, copied at once unless one is still being written.
    /// </summary>
    public void RunLast()
    {
        if (!_copy.IsCopying && _world.Changes.Fault is null && _store.Number != _world.Changes.Written)
            Begin();
        while (_copy.IsCopying)
            _copy.RunSlice();
    }

    private void Begin()
    {
        if (!IsHeld && _copy.TryBegin())
            _next = _world.Now + _every;
    }

    // The world is ahead of the journal by what could not be written: a snapshot first, then the journal goes on behind
    // it.
    private void Mend()
    {
        if (IsBusy)
            return;
        if (_store.Number == _world.Changes.Written && _store.Fault is null)
        {
            if (!_world.Changes.TryReopen())
                WaitToRetry();
            return;
        }

        if (_world.Now >= _retry || _retry - _world.Now > RetryEvery)
        {
            WaitToRetry();
            Begin();
        }
    }

    private void WaitToRetry() => _retry = _world.Now + RetryEvery;
}
