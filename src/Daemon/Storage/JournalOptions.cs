namespace Realtime.Daemon.Storage;

/// <summary>What a record must have survived before it counts as durable.</summary>
public enum JournalDurability
{
    /// <summary>The operating system has it: it survives the end of the process, and about a second of records is lost
    /// with the power.</summary>
    Os,

    /// <summary>The disk has it.</summary>
    Fsync,
}

/// <summary>How a journal is written.</summary>
public sealed record JournalOptions
{
    public const long DefaultSegmentBytes = 64L << 20;

    public const long LeastSegmentBytes = 16 << 10;

    public JournalDurability Durability { get; init; } = JournalDurability.Os;

    /// <summary>Bytes preallocated for a segment; a record that is longer gets a segment of its own size.</summary>
    public long SegmentBytes { get; init; } = DefaultSegmentBytes;

    /// <summary>The daemon's start; goes into the segments' headers.</summary>
    public ulong Epoch { get; init; }

    /// <summary>Goes into the segments' headers.</summary>
    public byte[] Description { get; init; } = [];

    /// <summary>Called from the flusher's thread when <see cref="JournalWriter.Durable"/> has moved by an fsync, and
    /// when there is trouble: to wake the loop.</summary>
    public Action? Moved { get; init; }

    /// <summary>How often unsynced records are synced where nobody waits for that.</summary>
    public TimeSpan SyncInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>An fsync that takes longer makes the journal slow.</summary>
    public TimeSpan SlowAfter { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>False: no thread; a test does the flusher's work by <see cref="JournalWriter.Work"/>.</summary>
    internal bool HasThread { get; init; } = true;
}
