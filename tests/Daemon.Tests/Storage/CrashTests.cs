using Realtime.Daemon.Storage;
using Realtime.Daemon.Tests.Simulation;

namespace Realtime.Daemon.Tests.Storage;

/// <summary>The power goes at any moment, and writes not synced survive by chance.</summary>
public sealed class CrashTests
{
    private const int Crashes = 2500;

    [Fact]
    public void Under_fsync_no_durable_record_is_lost_and_none_is_invented()
    {
        for (var seed = 0; seed < Crashes; seed++)
            Run(seed, JournalDurability.Fsync);
    }

    [Fact]
    public void Under_os_no_synced_record_is_lost_and_none_is_invented()
    {
        for (var seed = 0; seed < Crashes; seed++)
            Run(seed, JournalDurability.Os);
    }

    [Fact]
    public void A_killed_process_loses_nothing()
    {
        for (var seed = 0; seed < 60; seed++)
        {
            var random = new Random(seed);
            var disk = new SimulatedDisk();
            var expected = new List<SomeRecord>();
            for (var life = 0; life < 4; life++)
            {
                Journals.AssertSame(expected, Journals.Read(disk).Records);
                StateFiles.DeleteUnfinished(disk);
                var writer = Journals.Open(disk);
                Live(writer, expected, random);
                Assert.Equal((ulong)expected.Count, writer.Durable);
                disk.Restart();
            }
        }
    }

    // Several lives, each cut short by the power or a kill; by the power also while the journal is being opened, with
    // what the killed one left in the cache.
    private static void Run(int seed, JournalDurability durability)
    {
        var random = new Random(seed);
        var disk = new SimulatedDisk();
        var expected = new List<SomeRecord>();
        var durable = 0ul;
        for (var life = 0; life < 3; life++)
        {
            StateFiles.DeleteUnfinished(disk);
            var (read, end) = Journals.Read(disk);
            Assert.True((ulong)read.Count >= durable, $"seed {seed}: {read.Count} records of {durable} durable ones");
            Journals.AssertSame(expected[..read.Count], read);
            if (random.Next(2) == 0)
            {
                disk = CrashWhileOpening(disk, end, random, durability);
                (read, end) = Journals.Read(disk);
                Assert.True((ulong)read.Count >= durable, $"seed {seed}: {read.Count} of {durable} durable ones");
                Journals.AssertSame(expected[..read.Count], read);
            }

            expected.RemoveRange(read.Count, expected.Count - read.Count);
            var writer = JournalWriter.Open(disk, end, end.Next, 0, Journals.Options(durability));
            Live(writer, expected, random);
            durable = durability == JournalDurability.Fsync ? writer.Durable : writer.Synced;
            if (random.Next(4) == 0)
            {
                Assert.True(writer.Close());
                durable = writer.Written;
            }

            if (random.Next(3) == 0)
                disk.Restart();
            else
                disk = disk.Crash(random);
        }
    }

    private static SimulatedDisk CrashWhileOpening(
        SimulatedDisk disk, JournalEnd end, Random random, JournalDurability durability)
    {
        var failing = new FailingDisk(disk, random.Next(25));
        try
        {
            using (JournalWriter.Open(failing, end, end.Next, 0, Journals.Options(durability)))
                failing.Left = int.MaxValue;
        }
        catch (IOException)
        {
            // As far as it got.
        }

        var after = disk.Crash(random);
        StateFiles.DeleteUnfinished(after);
        return after;
    }

    private static void Live(JournalWriter writer, List<SomeRecord> expected, Random random)
    {
        for (var step = random.Next(60); step > 0; step--)
        {
            switch (random.Next(12))
            {
                case 0:
                    writer.Rotate();
                    break;
                case 1 or 2:
                    writer.Work(all: true);
                    break;
                case 3:
                    expected.AddRange(Journals.Append(writer, 1, random, 60));
                    break;
                default:
                    expected.AddRange(Journals.Append(writer, random.Next(1, 4), random, 6));
                    break;
            }
        }

        Assert.Null(writer.Fault);
    }

    /// <summary>Passes so many changes on, then refuses all.</summary>
    private sealed class FailingDisk(SimulatedDisk disk, int left) : IDisk
    {
        public int Left { get; set; } = left;

        public string Path => disk.Path;

        public long FreeBytes => disk.FreeBytes;

        public IReadOnlyList<DiskEntry> List() => disk.List();

        public IDiskFile Create(string name) => new File(this, Spent(() => disk.Create(name)));

        public IDiskFile Open(string name, bool writable = false) => new File(this, disk.Open(name, writable));

        public void Rename(string from, string to) => Spend(() => disk.Rename(from, to));

        public void Delete(string name) => Spend(() => disk.Delete(name));

        public void SyncDirectory() => Spend(disk.SyncDirectory);

        public bool IsThere() => true;

        public IDisposable? TryLock(string name, string text, out string holder) =>
            disk.TryLock(name, text, out holder);

        public void Dispose()
        {
        }

        private void Spend(Action action) => Spent(() =>
        {
            action();
            return 0;
        });

        private T Spent<T>(Func<T> action) => Left-- > 0 ? action() : throw new IOException("the power is off");

        private sealed class File(FailingDisk owner, IDiskFile file) : IDiskFile
        {
            public string Name => file.Name;

            public long Length => file.Length;

            public bool IsLinked => file.IsLinked;

            public int Read(Span<byte> buffer, long offset) => file.Read(buffer, offset);

            public void Write(ReadOnlySpan<byte> bytes, long offset)
            {
                owner.Spend(static () => { });
                file.Write(bytes, offset);
            }

            public void Sync() => owner.Spend(file.Sync);

            public void Preallocate(long length) => owner.Spend(() => file.Preallocate(length));

            public void Truncate(long length) => owner.Spend(() => file.Truncate(length));

            public void Dispose() => file.Dispose();
        }
    }
}
