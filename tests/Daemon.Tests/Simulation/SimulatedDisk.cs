using Realtime.Daemon.Storage;

namespace Realtime.Daemon.Tests.Simulation;

/// <summary>
/// A disk with a cache in front: what was not synced survives a <see cref="Crash"/> by chance, sector by sector and
/// name by name. Faults can be switched on at any moment.
/// </summary>
internal sealed class SimulatedDisk : IDisk
{
    public const int Sector = 512;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, string> _locks = [];
    private readonly List<NameChange> _changes = [];
    private readonly Dictionary<string, Content> _names = [];
    private Dictionary<string, Content> _syncedNames = [];

    public string Path => "simulated";

    /// <summary>Bytes of all files together; beyond that the disk is full.</summary>
    public long Capacity { get; set; } = long.MaxValue;

    public bool IsReadOnly { get; set; }

    /// <summary>Writes fail, after some of their bytes got through.</summary>
    public bool FailsWrites { get; set; }

    /// <summary>Syncs fail, and what they were for never reaches the disk.</summary>
    public bool FailsSyncs { get; set; }

    /// <summary>Its directory is gone.</summary>
    public bool IsVanished { get; set; }

    /// <summary>Syncs wait until it is set; null: they do not.</summary>
    public ManualResetEventSlim? SyncGate { get; set; }

    public int Syncs { get; private set; }

    /// <summary>Of all files.</summary>
    public long UsedBytes => Locked(() => Used);

    /// <summary>All faults are over.</summary>
    public void Heal()
    {
        (IsReadOnly, FailsWrites, FailsSyncs, IsVanished) = (false, false, false, false);
        Capacity = long.MaxValue;
    }

    public long FreeBytes => Locked(() => Math.Max(0, Capacity - Used));

    private long Used => _names.Values.Sum(static content => content.Length);

    public IReadOnlyList<DiskEntry> List() => Locked(() => _names
        .Select(static pair => new DiskEntry(pair.Key, pair.Value.Length))
        .OrderBy(static entry => entry.Name, StringComparer.Ordinal).ToArray());

    public IDiskFile Create(string name) => Locked(() =>
    {
        ExpectWritable($"create {name}");
        var content = new Content();
        Change(new NameChange(null, name, content));
        return new File(this, name, content, isWritable: true);
    });

    public IDiskFile Open(string name, bool writable = false) => Locked(() =>
        _names.TryGetValue(name, out var content) ? new File(this, name, content, writable)
            : throw new IOException($"open {name}: no such file"));

    public void Rename(string from, string to) => Locked(() =>
    {
        ExpectWritable($"rename {from} to {to}");
        var content = _names.GetValueOrDefault(from) ?? throw new IOException($"rename {from}: no such file");
        Change(new NameChange(from, to, content));
    });

    public void Delete(string name) => Locked(() =>
    {
        ExpectWritable($"delete {name}");
        if (_names.TryGetValue(name, out var content))
            Change(new NameChange(name, null, content));
    });

    public void SyncDirectory()
    {
        SyncGate?.Wait();
        Locked(() =>
        {
            if (FailsSyncs)
                throw new IOException("fsync of the directory: input/output error");
            _syncedNames = new Dictionary<string, Content>(_names);
            _changes.Clear();
        });
    }

    public bool IsThere() => !IsVanished;

    public IDisposable? TryLock(string name, string text, out string holder)
    {
        lock (_gate)
        {
            if (_locks.TryGetValue(name, out var other))
            {
                holder = other;
                return null;
            }

            holder = _locks[name] = text;
            return new Held(this, name);
        }
    }

    /// <summary>What the disk has when the power comes back.</summary>
    public SimulatedDisk Crash(Random random) => Locked(() =>
    {
        var after = new SimulatedDisk { Capacity = Capacity };
        var names = new Dictionary<string, Content>(_syncedNames);
        var isPrefix = random.Next(2) == 0;
        var kept = random.Next(_changes.Count + 1);
        for (var i = 0; i < _changes.Count; i++)
        {
            if (isPrefix ? i < kept : random.Next(2) == 0)
                _changes[i].Apply(names);
        }

        var copies = new Dictionary<Content, Content>();
        foreach (var (name, content) in names)
        {
            if (!copies.TryGetValue(content, out var copy))
                copies[content] = copy = content.AfterCrash(random);
            after._names[name] = copy;
        }

        after._syncedNames = new Dictionary<string, Content>(after._names);
        return after;
    });

    /// <summary>What a process finds when the one before was killed: all that was written.</summary>
    public void Restart() => Locked(_locks.Clear);

    public byte[] Bytes(string name) => Locked(() => _names[name].ToArray());

    /// <summary>Puts bytes into a file, past every cache.</summary>
    public void Damage(string name, long offset, params byte[] bytes) => Locked(() =>
        _names[name].Replace(offset, bytes));

    public void Flip(string name, long offset, int bit) => Locked(() =>
        _names[name].Replace(offset, [(byte)(_names[name].ToArray()[offset] ^ (1 << bit))]));

    /// <summary>A disk with copies of all files.</summary>
    public SimulatedDisk Copy() => Locked(() =>
    {
        var copy = new SimulatedDisk { Capacity = Capacity };
        foreach (var (name, content) in _names)
            copy._names[name] = new Content(content.ToArray());
        copy._syncedNames = new Dictionary<string, Content>(copy._names);
        return copy;
    });

    public void Put(string name, byte[] bytes) => Locked(() =>
    {
        _syncedNames[name] = _names[name] = new Content(bytes);
    });

    public void Dispose()
    {
    }

    private T Locked<T>(Func<T> action)
    {
        lock (_gate)
            return action();
    }

    private void Locked(Action action)
    {
        lock (_gate)
            action();
    }

    private void ExpectWritable(string what)
    {
        if (IsVanished)
            throw new IOException($"{what}: no such directory");
        if (IsReadOnly)
            throw new IOException($"{what}: read-only file system");
    }

    private void ExpectRoom(string what, long more)
    {
        if (more > 0 && Used + more > Capacity)
            throw new IOException($"{what}: no space left on device");
    }

    private void Change(NameChange change)
    {
        change.Apply(_names);
        _changes.Add(change);
    }

    private sealed record NameChange(string? From, string? To, Content Content)
    {
        public void Apply(Dictionary<string, Content> names)
        {
            if (From is not null && names.GetValueOrDefault(From) == Content)
                names.Remove(From);
            if (To is not null)
                names[To] = Content;
        }
    }

    /// <summary>The bytes of a file, and what of them the disk has.</summary>
    private sealed class Content(byte[]? bytes = null)
    {
        private readonly List<(long Offset, byte[] Bytes)> _writes = [];
        private byte[] _now = bytes ?? [];
        private byte[] _synced = (byte[]?)bytes?.Clone() ?? [];

        public long Length => _now.Length;

        public byte[] ToArray() => (byte[])_now.Clone();

        public int Read(Span<byte> buffer, long offset)
        {
            var count = (int)Math.Clamp(_now.Length - offset, 0, buffer.Length);
            _now.AsSpan((int)Math.Min(offset, _now.Length), count).CopyTo(buffer);
            return count;
        }

        public void Write(ReadOnlySpan<byte> written, long offset)
        {
            if (offset + written.Length > _now.Length)
                Resize(offset + written.Length);
            written.CopyTo(_now.AsSpan((int)offset));
            _writes.Add((offset, written.ToArray()));
        }

        public void Resize(long length) => Array.Resize(ref _now, (int)length);

        public void Replace(long offset, byte[] with)
        {
            with.CopyTo(_now.AsSpan((int)offset));
            _synced = (byte[])_now.Clone();
        }

        public void Sync()
        {
            Array.Resize(ref _synced, _now.Length);
            foreach (var (offset, written) in _writes)
                Copy(written, 0, offset, _synced, written.Length);
            _writes.Clear();
        }

        /// <summary>The kernel reports an error once, and takes the pages for clean.</summary>
        public void Lose() => _writes.Clear();

        public Content AfterCrash(Random random)
        {
            var after = (byte[])_synced.Clone();
            if (_now.Length != _synced.Length && random.Next(2) == 0)
                Array.Resize(ref after, _now.Length);
            var bySector = _writes
                .SelectMany(static write => Pieces(write.Offset, write.Bytes)).GroupBy(static piece => piece.Sector);
            var survival = random.Next(4);
            foreach (var sector in bySector)
            {
                var pieces = sector.ToArray();
                var kept = random.Next(4) < survival ? pieces.Length : random.Next(pieces.Length + 1);
                foreach (var (_, offset, bytes) in pieces.Take(kept))
                    Copy(bytes, 0, offset, after, bytes.Length);
            }

            return new Content(after);
        }

        private static void Copy(byte[] from, int start, long offset, byte[] to, int count)
        {
            count = (int)Math.Clamp(to.Length - offset, 0, count);
            Array.Copy(from, start, to, Math.Min(offset, to.Length), count);
        }

        private static IEnumerable<(long Sector, long Offset, byte[] Bytes)> Pieces(long offset, byte[] bytes)
        {
            for (var at = 0; at < bytes.Length;)
            {
                var sector = (offset + at) / SimulatedDisk.Sector;
                var count = (int)Math.Min(bytes.Length - at, ((sector + 1) * SimulatedDisk.Sector) - offset - at);
                yield return (sector, offset + at, bytes[at..(at + count)]);
                at += count;
            }
        }
    }

    private sealed class File(SimulatedDisk disk, string name, Content content, bool isWritable) : IDiskFile
    {
        public string Name => name;

        public long Length => disk.Locked(() => content.Length);

        public bool IsLinked => disk.Locked(() => disk._names.ContainsValue(content));

        public int Read(Span<byte> buffer, long offset)
        {
            lock (disk._gate)
                return content.Read(buffer, offset);
        }

        public void Write(ReadOnlySpan<byte> bytes, long offset)
        {
            lock (disk._gate)
            {
                Expect($"write {bytes.Length} bytes at {offset} of {name}");
                disk.ExpectRoom($"write {name}", offset + bytes.Length - content.Length);
                if (disk.FailsWrites)
                {
                    content.Write(bytes[..(bytes.Length / 2)], offset);
                    throw new IOException($"write {bytes.Length} bytes at {offset} of {name}: input/output error");
                }

                content.Write(bytes, offset);
            }
        }

        public void Sync()
        {
            disk.SyncGate?.Wait();
            lock (disk._gate)
            {
                disk.Syncs++;
                if (disk.FailsSyncs)
                {
                    content.Lose();
                    throw new IOException($"fdatasync {name}: input/output error");
                }

                content.Sync();
            }
        }

        public void Preallocate(long length) => disk.Locked(() =>
        {
            Expect($"preallocate {length} bytes for {name}");
            disk.ExpectRoom($"preallocate {length} bytes for {name}", length - content.Length);
            content.Resize(Math.Max(length, content.Length));
        });

        public void Truncate(long length) => disk.Locked(() =>
        {
            Expect($"truncate {name}");
            content.Resize(length);
        });

        public void Dispose()
        {
        }

        private void Expect(string what)
        {
            if (!isWritable)
                throw new IOException($"{what}: opened for reading");
            if (disk.IsReadOnly)
                throw new IOException($"{what}: read-only file system");
        }
    }

    private sealed class Held(SimulatedDisk disk, string name) : IDisposable
    {
        public void Dispose() => disk.Locked(() => disk._locks.Remove(name));
    }
}
