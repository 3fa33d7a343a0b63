using Realtime.Protocol;

namespace Realtime.Daemon.Frames;

/// <summary>Gives up streams that have had no tick for <c>streams.idleAfter</c>.</summary>
public sealed class Evictions
{
    // Rows looked at in one frame, so that a large table is gone through over several.
    private const int RowsPerFrame = 16_384;
    private const long LongestPause = 1_000_000_000;

    private readonly World _world;
    private long? _idleAfter;
    private long _pause;
    private int _row;

    public Evictions(World world, TimeSpan? idleAfter)
    {
        _world = world;
        Use(idleAfter);
    }

    /// <summary>Another time from now on; null gives up none.</summary>
    public void Use(TimeSpan? idleAfter)
    {
        _idleAfter = idleAfter is { } time ? time.Ticks * 100 : null;
        _pause = Math.Min(LongestPause, (_idleAfter ?? long.MaxValue) / 4);
        Next = _idleAfter is null ? long.MaxValue : 0;
    }

    /// <summary>When the next rows are due to be looked at, ns since 1970.</summary>
    public long Next { get; private set; }

    // A clock that was set back must not keep it waiting.
    /// <summary>Rows are due to be looked at.</summary>
    public bool IsDue => _idleAfter is not null && !(_world.Now < Next && Next - _world.Now <= _pause);

    /// <summary>Looks at the rows that are due; true where one was given up.</summary>
    public bool Run()
    {
        if (!IsDue)
            return false;
        var evicted = false;
        var end = Math.Min(_row + RowsPerFrame, _world.Streams.End);
        for (; _row < end; _row++)
        {
            if (!_world.Streams.IsUsed(_row) || _world.Now - _world.Streams[_row].Touched < _idleAfter)
                continue;
            ref var stream = ref _world.Streams[_row];
            _world.Remove(
                _row, ChangeKind.Evicted, StreamEventKind.Evicted,
                $"idle for {(_world.Now - stream.Touched) / 1_000_000} ms, the count stood at {stream.Order.Last}");
            _world.Counters.Evicted++;
            evicted = true;
        }

        if (_row >= _world.Streams.End)
            (_row, Next) = (0, _world.Now + _pause);
        return evicted;
    }
}
