namespace Realtime.Daemon.Storage;

/// <summary>A segment being written. The loop's thread moves <see cref="Position"/>; the flusher syncs.</summary>
internal sealed class OpenSegment(IDiskFile file, string name, ulong first, long size, long position)
{
    public IDiskFile File { get; } = file;

    public string Name { get; } = name;

    public ulong First { get; } = first;

    public long Size { get; } = size;

    /// <summary>Where the next record goes.</summary>
    public long Position { get; set; } = position;

    /// <summary>Its name is durable.</summary>
    public bool IsNamed { get; set; }

    /// <summary>Trouble ended it: it is left as it is.</summary>
    public bool IsAbandoned { get; set; }

    public long Room => Size - Position - RecordHeader.FooterReserve;
}

/// <summary>A file made ready to become the next segment.</summary>
internal sealed record SpareSegment(IDiskFile File, string Name, long Size);
