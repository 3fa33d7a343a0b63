namespace Realtime.Daemon.Storage;

/// <summary>A file of the directory.</summary>
public readonly record struct DiskEntry(string Name, long Length);

/// <summary>
/// One flat directory on a disk. What fails, fails with an <see cref="IOException"/> whose text says what,
/// where and why. All of it may be called from any thread.
/// </summary>
public interface IDisk : IDisposable
{
    /// <summary>The directory's path, for texts.</summary>
    string Path { get; }

    IReadOnlyList<DiskEntry> List();

    /// <summary>A new file for reading and writing; what had the name before is gone.</summary>
    IDiskFile Create(string name);

    IDiskFile Open(string name, bool writable = false);

    /// <summary>Gives a file another name; what had that name before is gone. Durable after
    /// <see cref="SyncDirectory"/>.</summary>
    void Rename(string from, string to);

    void Delete(string name);

    /// <summary>Makes names durable: files made, renamed and deleted.</summary>
    void SyncDirectory();

    /// <summary>Whether the path still names the very directory that was opened.</summary>
    bool IsThere();

    long FreeBytes { get; }

    /// <summary>
    /// Takes the file for this process alone and writes the text into it; null where another has it, whose text is
    /// <paramref name="holder"/> then. Held until disposed, or until the process ends, however it ends.
    /// </summary>
    IDisposable? TryLock(string name, string text, out string holder);
}

/// <summary>An open file.</summary>
public interface IDiskFile : IDisposable
{
    string Name { get; }

    long Length { get; }

    /// <summary>Fills the buffer from the offset on; fewer bytes only at the end of the file.</summary>
    int Read(Span<byte> buffer, long offset);

    void Write(ReadOnlySpan<byte> bytes, long offset);

    /// <summary>Returns once content and length are on the disk.</summary>
    void Sync();

    /// <summary>Makes the file that long, zeros where nothing was written, with the room on the disk taken: a full disk
    /// shows here and not in a write.</summary>
    void Preallocate(long length);

    void Truncate(long length);

    /// <summary>Whether the file still has a name.</summary>
    bool IsLinked { get; }
}
