using Realtime.Daemon.Storage;
using Realtime.Daemon.Tests.Simulation;

namespace Realtime.Daemon.Tests.Storage;

/// <summary>
/// A disk that fails now and then, a writer that goes on behind that, snapshots, and an end at any moment: newest
/// snapshot and journal together have all that was durable.
/// </summary>
public sealed class FaultyLifeTests
{
    private const int Lives = 3;

    private int _reopened;
    private int _faults;

    [Fact]
    public void Under_fsync_a_power_failure_loses_nothing_durable()
    {
        for (var seed = 0; seed < 1500; seed++)
            Run(seed, JournalDurability.Fsync);
        // A torn record, a segment begun anew behind it, and only that one's header lost.
        Run(4238, JournalDurability.Fsync);
        Assert.True(_reopened > 300 && _faults > 600, $"{_reopened} of {_faults} faults were over in time");
    }

    [Fact]
    public void Under_os_a_kill_loses_nothing_durable()
    {
        for (var seed = 0; seed < 1500; seed++)
            Run(seed, JournalDurability.Os);
        Assert.True(_reopened > 300 && _faults > 600, $"{_reopened} of {_faults} faults were over in time");
    }

    private void Run(int seed, JournalDurability durability)
    {
        var random = new Random(seed);
        var disk = new SimulatedDisk();
        var expected = new List<SomeRecord>();
        var durable = 0ul;
        for (var life = 0; life < Lives; life++)
        {
            StateFiles.DeleteUnfinished(disk);
            var newest = StateFiles.Snapshots(disk).Select(static file => file.Number).DefaultIfEmpty().Max();
            var (read, end) = Journals.Read(disk, newest + 1);
            var next = Math.Max(newest + 1, end.Next);
            Assert.True(next > durable, $"seed {seed}: {next - 1} of {durable} durable records are left");
            Journals.AssertSame([.. expected.Skip((int)newest).Take(read.Count)], read);
            expected.RemoveRange((int)next - 1, expected.Count - (int)next + 1);
            var writer = JournalWriter.Open(disk, end, next, 0, Journals.Options(durability));
            durable = Live(disk, writer, expected, random);
            if (durability == JournalDurability.Fsync && random.Next(3) > 0)
                disk = disk.Crash(random);
            Repair(disk);
        }
    }

    private ulong Live(SimulatedDisk disk, JournalWriter writer, List<SomeRecord> expected, Random random)
    {
        var durable = writer.Durable;
        for (var step = random.Next(80); step > 0; step--)
        {
            Step(disk, writer, expected, random);
            Assert.InRange(writer.Durable, durable, writer.Written);
            Assert.Equal((ulong)expected.Count, writer.Written);
            durable = writer.Durable;
        }

        return durable;
    }

    private void Step(SimulatedDisk disk, JournalWriter writer, List<SomeRecord> expected, Random random)
    {
        var fault = writer.Fault;
        switch (random.Next(16))
        {
            case 0:
                Break(disk, random);
                break;
            case 1 or 2:
                Repair(disk);
                break;
            case 3:
                writer.Rotate();
                break;
            case 4 or 5:
                TakeSnapshot(disk, writer);
                break;
            case 6 or 7:
                if (writer.TryReopen() && fault is not null)
                    _reopened++;
                break;
            case 8 or 9 or 10:
                writer.Work();
                break;
            default:
                expected.AddRange(Journals.Append(writer, random.Next(1, 4), random, random.Next(4) == 0 ? 80 : 6));
                break;
        }

        if (fault is null && writer.Fault is not null)
            _faults++;
    }

    private static void Break(SimulatedDisk disk, Random random)
    {
        switch (random.Next(4))
        {
            case 0:
                disk.FailsWrites = true;
                break;
            case 1:
                disk.FailsSyncs = true;
                break;
            case 2:
                disk.IsReadOnly = true;
                break;
            default:
                disk.Capacity = disk.List().Sum(static entry => entry.Length);
                break;
        }
    }

    private static void Repair(SimulatedDisk disk)
    {
        disk.FailsWrites = disk.FailsSyncs = disk.IsReadOnly = false;
        disk.Capacity = long.MaxValue;
    }

    private static void TakeSnapshot(SimulatedDisk disk, JournalWriter writer)
    {
        try
        {
            using var snapshot = new SnapshotWriter(disk, new SnapshotHeader(writer.Written, 0, 0, []));
            snapshot.Write(1, 1, [1]);
            snapshot.Complete();
            writer.Cover(writer.Written);
        }
        catch (IOException)
        {
            // Then there is none, and nothing is covered.
        }
    }
}
