using Microsoft.Win32.SafeHandles;

namespace Realtime.Daemon.Storage;

/// <summary>A file of a <see cref="FileDisk"/>.</summary>
internal sealed class FileDiskFile(SafeFileHandle handle, string directory, string name) : IDiskFile
{
    public string Name => name;

    /// <summary>The handle is someone else's to close.</summary>
    public bool KeepsHandle { get; init; }

    public long Length => FileDisk.Io($"ask the length of {FullName}", () => RandomAccess.GetLength(handle));

    public bool IsLinked => Posix.IdentityOf(handle) is { Links: > 0 };

    private string FullName => Path.Combine(directory, name);

    public int Read(Span<byte> buffer, long offset)
    {
        var done = 0;
        try
        {
            while (done < buffer.Length)
            {
                var read = RandomAccess.Read(handle, buffer[done..], offset + done);
                if (read == 0)
                    break;
                done += read;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"read {buffer.Length} bytes at {offset} of {FullName}: {e.Message}", e);
        }

        return done;
    }

    public void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        try
        {
            RandomAccess.Write(handle, bytes, offset);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"write {bytes.Length} bytes at {offset} of {FullName}: {e.Message}", e);
        }
    }

    public void Sync()
    {
        if (Posix.SyncData(handle) != 0)
            throw Posix.Error($"fdatasync {FullName}");
    }

    public void Preallocate(long length)
    {
        int error;
        do
        {
            error = Posix.Allocate(handle, 0, length);
        }
        while (error == Posix.Interrupted);

        // A file system that can't promise the room: the file gets its length, and a full disk shows in a write.
        if (error is Posix.NotSupported or Posix.InvalidArgument)
            Truncate(length);
        else if (error != 0)
            throw Posix.Error($"preallocate {length} bytes for {FullName}", error);
    }

    public void Truncate(long length) =>
        FileDisk.Io($"truncate {FullName} to {length} bytes", () => RandomAccess.SetLength(handle, length));

    public void Dispose()
    {
        if (!KeepsHandle)
            handle.Dispose();
    }
}
