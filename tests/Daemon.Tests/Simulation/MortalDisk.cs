using Realtime.Daemon.Storage;

namespace Realtime.Daemon.Tests.Simulation;

/// <summary>The process, or the machine, ended at this very point.</summary>
internal sealed class ProcessEndedException : Exception
{
}

/// <summary>A process's way to its disk: after so many changes it ends, the last write half done.</summary>
internal sealed class MortalDisk(IDisk disk, Random random) : IDisk
{
    /// <summary>Changes until then.</summary>
    public int Left { get; set; } = int.MaxValue;

    public string Path => disk.Path;

    public long FreeBytes => disk.FreeBytes;

    public IReadOnlyList<DiskEntry> List() => disk.List();

    public IDiskFile Create(string name)
    {
        Spend();
        return new File(this, disk.Create(name));
    }

    public IDiskFile Open(string name, bool writable = false) => new File(this, disk.Open(name, writable));

    public void Rename(string from, string to)
    {
        Spend();
        disk.Rename(from, to);
    }

    public void Delete(string name)
    {
        Spend();
        disk.Delete(name);
    }

    public void SyncDirectory()
    {
        Spend();
        disk.SyncDirectory();
    }

    public bool IsThere() => disk.IsThere();

    public IDisposable? TryLock(string name, string text, out string holder) => disk.TryLock(name, text, out holder);

    public void Dispose()
    {
    }

    private void Spend()
    {
        if (Left == 0)
            throw new ProcessEndedException();
        Left--;
    }

    private void Write(IDiskFile file, ReadOnlySpan<byte> bytes, long offset)
    {
        if (Left == 1)
        {
            file.Write(bytes[..random.Next(bytes.Length + 1)], offset);
            Left = 0;
        }

        Spend();
        file.Write(bytes, offset);
    }

    private sealed class File(MortalDisk owner, IDiskFile file) : IDiskFile
    {
        public string Name => file.Name;

        public long Length => file.Length;

        public bool IsLinked => file.IsLinked;

        public int Read(Span<byte> buffer, long offset) => file.Read(buffer, offset);

        public void Write(ReadOnlySpan<byte> bytes, long offset) => owner.Write(file, bytes, offset);

        public void Sync()
        {
            owner.Spend();
            file.Sync();
        }

        public void Preallocate(long length)
        {
            owner.Spend();
            file.Preallocate(length);
        }

        public void Truncate(long length)
        {
            owner.Spend();
            file.Truncate(length);
        }

        public void Dispose() => file.Dispose();
    }
}
