namespace Realtime.Daemon.Recovery;

/// <summary>Records and ticks that a start has replayed so far; any thread may read it.</summary>
public sealed class RecoveryProgress
{
    private long _records;
    private long _ticks;

    public long Records => Volatile.Read(ref _records);

    public long Ticks => Volatile.Read(ref _ticks);

    internal void Tell(long records, long ticks)
    {
        Volatile.Write(ref _records, records);
        Volatile.Write(ref _ticks, ticks);
    }
}
