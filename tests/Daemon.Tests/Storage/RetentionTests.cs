using Realtime.Daemon.Storage;
using Realtime.Daemon.Tests.Simulation;

namespace Realtime.Daemon.Tests.Storage;

/// <summary>What may be deleted is, and nothing else.</summary>
public sealed class RetentionTests
{
    private const long Minute = 60_000_000_000;

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public void An_hour_is_kept_with_bases_in_it()
    {
        var disk = new SimulatedDisk();
        var writer = Journals.Open(disk);
        var retention = new Retention(disk);
        for (var minute = 1; minute <= 300; minute++)
        {
            Step(disk, writer, minute, 3);
            retention.Apply(Hour, null, minute * Minute);
        }

        var snapshots = StateFiles.Snapshots(disk).Select(static file => (int)file.Number / 3).ToArray();
        Assert.Equal([225, 240, 255, 270, 285, 299, 300], snapshots);
        Assert.Equal((225 * 3) + 1ul, StateFiles.Segments(disk)[0].Number);
        Assert.Equal(75 * 3, Journals.Read(disk, (225 * 3) + 1).Records.Count);
    }

    [Fact]
    public void What_a_start_with_another_setup_began_from_is_kept()
    {
        var disk = new SimulatedDisk();
        foreach (var (setup, from) in new[] { ("one", 1), ("other", 11), ("other", 21) })
        {
            var options = Journals.Options() with { Description = System.Text.Encoding.UTF8.GetBytes(setup) };
            using var writer = Journals.Open(disk, options);
            var retention = new Retention(disk);
            for (var minute = from; minute < from + 10; minute++)
            {
                Step(disk, writer, minute, 3);
                retention.Apply(Hour, null, minute * Minute);
            }
        }

        // The first of each quarter of an hour, the last two, and the one before record 31.
        Assert.Equal(
            [1, 10, 15, 29, 30], StateFiles.Snapshots(disk).Select(static file => (int)file.Number / 3));
    }

    [Fact]
    public void The_limit_of_bytes_beats_the_age_and_recovery_beats_the_limit()
    {
        var disk = new SimulatedDisk();
        var writer = Journals.Open(disk);
        var retention = new Retention(disk);
        for (var minute = 1; minute <= 100; minute++)
        {
            Step(disk, writer, minute, 3);
            writer.Work();
        }

        var before = disk.List().Sum(static entry => entry.Length);
        var result = retention.Apply(Hour, 40_000, 100 * Minute);
        Assert.False(result.IsOver);
        Assert.InRange(result.Bytes, 25_000, 40_000);
        Assert.True(before > result.Bytes + 10_000);
        result = retention.Apply(Hour, 1, 100 * Minute);
        Assert.True(result.IsOver);
        Assert.Equal([297ul, 300ul], StateFiles.Snapshots(disk).Select(static file => file.Number));
        Assert.Equal(298ul, StateFiles.Segments(disk)[0].Number);
    }

    [Fact]
    public void With_fewer_than_two_good_snapshots_no_segment_goes()
    {
        var disk = new SimulatedDisk();
        var writer = Journals.Open(disk);
        Step(disk, writer, 1, 3);
        Step(disk, writer, 2, 3);
        disk.Flip(StateFiles.SnapshotName(6), 60, 3);
        Assert.Empty(new Retention(disk).Apply(TimeSpan.Zero, 1, 1000 * Minute).Deleted);
        Step(disk, writer, 3, 3);
        var result = new Retention(disk).Apply(TimeSpan.Zero, 1, 1000 * Minute);
        Assert.Equal([StateFiles.SegmentName(1)], result.Deleted);
    }

    [Fact]
    public void Whatever_happens_recovery_works_and_every_segment_has_a_base() => Properties.Hold<int>(
        static seed =>
        {
            var random = new Random(seed);
            var disk = new SimulatedDisk();
            var records = new List<SomeRecord>();
            var writer = Journals.Open(disk);
            var retention = new Retention(disk);
            var now = 0L;
            for (var step = 0; step < 60; step++)
            {
                now += random.NextInt64(20 * Minute);
                switch (random.Next(8))
                {
                    case 0:
                        WriteSnapshot(disk, writer.Written, now);
                        break;
                    case 1 or 2:
                        writer.Work();
                        writer.Rotate();
                        WriteSnapshot(disk, writer.Written, now);
                        break;
                    case 3:
                        var keep = TimeSpan.FromMinutes(random.Next(200));
                        var crash = random.Next(4) == 0 ? random.Next(6) : int.MaxValue;
                        Apply(disk, ref retention, keep, random.Next(2) == 0 ? random.Next(200_000) : null, now, crash);
                        CheckAll(disk, records);
                        break;
                    case 4:
                        Assert.True(writer.Close());
                        writer = Reopen(disk);
                        break;
                    default:
                        for (var count = random.Next(20); count > 0; count--)
                            Append(writer, records, random, now);
                        break;
                }
            }

            return true;
        },
        150);

    private static void Step(SimulatedDisk disk, JournalWriter writer, int minute, int records)
    {
        for (var i = 0; i < records; i++)
            (SomeRecord.OfTicks(3) with { Now = minute * Minute }).AppendTo(writer);
        writer.Work();
        Assert.True(writer.Rotate());
        WriteSnapshot(disk, writer.Written, minute * Minute);
    }

    private static void WriteSnapshot(IDisk disk, ulong number, long now) =>
        SnapshotTests.Write(disk, new SnapshotHeader(number, now, 0, []), (1, 1, new byte[50]));

    private static JournalWriter Reopen(SimulatedDisk disk)
    {
        var newest = StateFiles.Snapshots(disk).Select(static file => file.Number).DefaultIfEmpty().Max();
        var end = Journals.Read(disk, newest + 1).End;
        return JournalWriter.Open(disk, end, Math.Max(end.Next, newest + 1), 0, Journals.Options());
    }

    private static void Append(JournalWriter writer, List<SomeRecord> records, Random random, long now)
    {
        records.Add(SomeRecord.Random(random) with { Now = now });
        records[^1].AppendTo(writer);
    }

    // Cut short after so many deletions, where that many are due.
    private static void Apply(
        SimulatedDisk disk, ref Retention retention, TimeSpan keep, long? most, long now, int deletions)
    {
        var all = disk.Copy();
        var result = retention.Apply(keep, most, now);
        Assert.Equal(
            disk.List().Where(static entry => entry.Name.EndsWith(".rtj") || entry.Name.EndsWith(".rts"))
                .Sum(static entry => entry.Length),
            result.Bytes);
        if (deletions >= result.Deleted.Count)
            return;
        foreach (var name in result.Deleted.Take(deletions))
            all.Delete(name);
        CheckRecovery(all);
    }

    private static void CheckAll(SimulatedDisk disk, List<SomeRecord> records)
    {
        CheckRecovery(disk);
        var snapshots = StateFiles.Snapshots(disk);
        var segments = StateFiles.Segments(disk);
        // The oldest base reaches every segment, and so all behind it.
        var oldest = segments[0].Number == 1 ? 0 : snapshots[0].Number;
        Assert.True(oldest + 1 >= segments[0].Number);
        Assert.True(segments.Count < 2 || oldest + 1 < segments[1].Number, "a segment before every base");
        Journals.AssertSame([.. records.Skip((int)oldest)], Journals.Read(disk, oldest + 1).Records);
    }

    private static void CheckRecovery(SimulatedDisk disk)
    {
        // Also where the newest snapshot turns out to be bad.
        foreach (var snapshot in StateFiles.Snapshots(disk).TakeLast(2))
            Journals.Read(disk, snapshot.Number + 1);
        if (StateFiles.Snapshots(disk).Count < 2)
            Journals.Read(disk);
    }
}
