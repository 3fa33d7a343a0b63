namespace Realtime.Daemon.Storage;

/// <summary>
/// A state directory as it is at one moment, to be read only: what a daemon writes, renames and deletes there from then
/// on does not show.
/// </summary>
/// <remarks>Every file is opened at once, so that none is lost while it is read. Only the last segment can still be
/// written to, and records are only ever added behind the last: what is behind its last byte now stays zero here.
/// </remarks>
public sealed class StillDisk : IDisk
{
    private const int StepBytes = 1 << 20;

    private readonly IDisk _disk;
    private readonly Dictionary<string, Still> _files = [];
    private readonly IReadOnlyList<DiskEntry> _entries;

    /// <param name="disk">The directory; disposed with this.</param>
    /// <exception cref="IOException">It can't be read.</exception>
    public StillDisk(IDisk disk)
    {
        _disk = disk;
        _entries = disk.List();
        try
        {
            foreach (var file in StateFiles.Snapshots(this).Concat(StateFiles.Segments(this)))
                Open(file);
            _entries = [.. _entries.Where(entry => _files.ContainsKey(entry.Name))];
            if (StateFiles.Segments(this) is [.., var last])
                _files[last.Name] = _files[last.Name] with { Content = ContentOf(_files[last.Name].File) };
        }
        catch (IOException)
        {
            Dispose();
            throw;
        }
    }

    public string Path => _disk.Path;

    public long FreeBytes => _disk.FreeBytes;

    public IReadOnlyList<DiskEntry> List() => _entries;

    public IDiskFile Open(string name, bool writable = false)
    {
        if (writable)
            throw Refusal($"open {name} for writing");
        return _files.TryGetValue(name, out var still) ? new StillFile(name, still)
            : throw new IOException($"open {name}: no such file");
    }

    public IDiskFile Create(string name) => throw Refusal($"create {name}");

    public void Rename(string from, string to) => throw Refusal($"rename {from} to {to}");

    public void Delete(string name) => throw Refusal($"delete {name}");

    public void SyncDirectory() => throw Refusal("sync the directory");

    public IDisposable? TryLock(string name, string text, out string holder) => throw Refusal($"lock {name}");

    public bool IsThere() => _disk.IsThere();

    public void Dispose()
    {
        foreach (var still in _files.Values)
            still.File.Dispose();
        _disk.Dispose();
    }

    private static IOException Refusal(string what) => new($"{what}: the directory is open for reading only");

    private void Open(StateFile file)
    {
        try
        {
            var opened = _disk.Open(file.Name);
            _files[file.Name] = new Still(opened, opened.Length, long.MaxValue);
        }
        catch (IOException) when (_disk.List().All(entry => entry.Name != file.Name))
        {
            // Its daemon has deleted it since the list was made.
        }
    }

    // From the end to the begin: whatever is found was written before what is read after it.
    private static long ContentOf(IDiskFile file)
    {
        var buffer = new byte[StepBytes];
        for (var end = file.Length; end > 0;)
        {
            var start = Math.Max(0, end - StepBytes);
            var piece = buffer.AsSpan(0, (int)(end - start));
            var last = piece[..file.Read(piece, start)].LastIndexOfAnyExcept((byte)0);
            if (last >= 0)
                return start + last + 1;
            end = start;
        }

        return 0;
    }

    private sealed record Still(IDiskFile File, long Length, long Content);

    private sealed class StillFile(string name, Still still) : IDiskFile
    {
        public string Name => name;

        public long Length => still.Length;

        public bool IsLinked => still.File.IsLinked;

        public int Read(Span<byte> buffer, long offset)
        {
            var there = (int)Math.Clamp(still.Length - offset, 0, buffer.Length);
            var written = (int)Math.Clamp(still.Content - offset, 0, there);
            var read = still.File.Read(buffer[..written], offset);
            if (still.Content == long.MaxValue)
                return read;
            buffer[read..there].Clear();
            return there;
        }

        public void Write(ReadOnlySpan<byte> bytes, long offset) => throw Refusal($"write {name}");

        public void Sync() => throw Refusal($"sync {name}");

        public void Preallocate(long length) => throw Refusal($"preallocate {name}");

        public void Truncate(long length) => throw Refusal($"truncate {name}");

        public void Dispose()
        {
        }
    }
}
