using Realtime.Daemon.Storage;
using Realtime.Daemon.Tests.Simulation;

namespace Realtime.Daemon.Tests.Storage;

/// <summary>A disk that fails: nothing is acknowledged that is not safe, and it is said why.</summary>
public sealed class JournalTroubleTests
{
    [Fact]
    public void A_full_disk_shows_before_a_write_fails_and_is_over_when_there_is_room()
    {
        var disk = new SimulatedDisk { Capacity = 3 * Journals.SegmentBytes };
        var writer = Journals.Open(disk);
        var expected = new List<SomeRecord>();
        var random = new Random(1);
        while (writer.CanTake(100))
        {
            expected.AddRange(Journals.Append(writer, 1, random));
            writer.Work();
            Assert.Null(writer.Fault);
        }

        Assert.True(expected.Count > 100);
        Assert.Contains("no space left", writer.Fault);
        Assert.Equal(writer.Written, writer.Durable);
        Assert.False(writer.TryReopen(writer.Written + 1));
        disk.Capacity = long.MaxValue;
        writer.Work();
        Assert.True(writer.TryReopen(writer.Written + 1));
        Assert.Null(writer.Fault);
        Assert.True(writer.CanTake(100));
        expected.AddRange(Journals.Append(writer, 3, random));
        // Nothing was lost: there is nothing that a snapshot would have to cover.
        Assert.Equal(writer.Written, writer.Durable);
        Assert.True(writer.Close());
        Journals.AssertSame(expected, Journals.Read(disk).Records);
    }

    [Fact]
    public void Room_that_comes_back_is_found_without_being_asked()
    {
        var disk = new SimulatedDisk { Capacity = Journals.SegmentBytes };
        var writer = Journals.Open(disk);
        writer.Work();
        Assert.True(writer.CanTake(100));
        Assert.False(writer.CanTake(Journals.SegmentBytes));
        Assert.NotNull(writer.Fault);
        // A smaller frame does not make it well: nobody could say what is taken and what not.
        Assert.False(writer.CanTake(100));
        Assert.NotNull(writer.Fault);
        disk.Capacity = long.MaxValue;
        Assert.False(writer.CanTake(Journals.SegmentBytes));
        writer.Work();
        Assert.True(writer.CanTake(Journals.SegmentBytes));
        Assert.Null(writer.Fault);
    }

    [Fact]
    public void A_frame_too_large_for_the_disk_does_not_keep_smaller_ones_out()
    {
        var disk = new SimulatedDisk { Capacity = 2 * Journals.SegmentBytes };
        var writer = Journals.Open(disk);
        writer.Work();
        Assert.False(writer.CanTake(Journals.SegmentBytes));
        writer.Work();
        Assert.Contains("no space left", writer.Fault);
        Assert.True(writer.CanTake(100));
        Assert.Null(writer.Fault);
        Assert.False(writer.CanTake(Journals.SegmentBytes));
        disk.Capacity = long.MaxValue;
        writer.Work();
        Assert.True(writer.CanTake(Journals.SegmentBytes));
    }

    [Fact]
    public void A_frame_beyond_all_foresight_on_a_full_disk_is_a_fault()
    {
        var disk = new SimulatedDisk { Capacity = Journals.SegmentBytes };
        var writer = Journals.Open(disk);
        SomeRecord.OfTicks(1000).AppendTo(writer);
        Assert.Contains("no space left", writer.Fault);
        Assert.Equal((1ul, 0ul), (writer.Written, writer.Durable));
    }

    [Theory]
    [InlineData(JournalDurability.Os)]
    [InlineData(JournalDurability.Fsync)]
    public void A_write_error_stops_all_until_the_disk_works_and_a_snapshot_covers_the_loss(
        JournalDurability durability)
    {
        var disk = new SimulatedDisk();
        var writer = Journals.Open(disk, Journals.Options(durability));
        var random = new Random(1);
        var expected = Journals.Append(writer, 5, random);
        writer.Work();
        disk.FailsWrites = true;
        Journals.Append(writer, 1, random);
        Assert.Contains("input/output error", writer.Fault);
        disk.FailsWrites = false;
        Journals.Append(writer, 2, random);
        Assert.False(writer.CanTake(1));
        Assert.Equal((8ul, 5ul), (writer.Written, writer.Durable));
        Assert.False(writer.TryReopen(9));
        writer.Work();
        Assert.False(writer.CanTake(1));
        Assert.True(writer.TryReopen(9));
        Assert.Null(writer.Fault);
        Assert.True(writer.CanTake(1));
        var later = Journals.Append(writer, 4, random);
        writer.Work();
        Assert.Equal((12ul, 5ul), (writer.Written, writer.Durable));
        WriteSnapshot(disk, 10);
        writer.Cover(10);
        Assert.Equal(12ul, writer.Durable);
        Assert.True(writer.Close());
        Journals.AssertSame(later, Journals.Read(disk, 9).Records);
        var error = Assert.Throws<JournalCorruptException>(() => Journals.Read(disk));
        Assert.Contains("trouble", error.Message);
        Assert.Equal(5, Journals.Read(disk, 1, static _ => { }).Records.Count);
    }

    [Fact]
    public void A_restart_before_the_snapshot_that_should_have_followed_trouble_drops_what_nobody_was_told()
    {
        var disk = new SimulatedDisk();
        var writer = Journals.Open(disk);
        var expected = Journals.Append(writer, 5, new Random(1));
        disk.FailsWrites = true;
        Journals.Append(writer, 1, new Random(1));
        disk.FailsWrites = false;
        writer.Work();
        Assert.True(writer.TryReopen(7));
        Journals.Append(writer, 3, new Random(2));
        Assert.Equal(5ul, writer.Durable);
        var (records, end) = Journals.Read(disk);
        Journals.AssertSame(expected, records);
        Assert.Equal((JournalEndKind.Hole, 6ul, 3), (end.Kind, end.Next, end.RecordsDropped));
        Assert.Contains("trouble", end.Reason);
    }

    [Fact]
    public void An_fsync_that_failed_is_not_tried_again()
    {
        var disk = new SimulatedDisk();
        var moved = 0;
        var options = Journals.Options(JournalDurability.Fsync) with { Moved = () => moved++ };
        var writer = Journals.Open(disk, options);
        Journals.Append(writer, 5, new Random(1));
        Assert.Equal(0ul, writer.Durable);
        writer.Work();
        Assert.Equal((5ul, 1), (writer.Durable, moved));
        Journals.Append(writer, 5, new Random(2));
        disk.FailsSyncs = true;
        writer.Work();
        Assert.Equal((5ul, 2), (writer.Durable, moved));
        Assert.Contains("fdatasync", writer.Fault);
        Assert.False(writer.CanTake(1));
        disk.FailsSyncs = false;
        writer.Work();
        writer.Work();
        Assert.Equal(5ul, writer.Durable);
        Assert.True(writer.TryReopen(11));
        Assert.Equal(5ul, writer.Durable);
        Journals.Append(writer, 1, new Random(3));
        writer.Work();
        Assert.Equal(5ul, writer.Durable);
        WriteSnapshot(disk, 11);
        writer.Cover(11);
        Assert.Equal(11ul, writer.Durable);
        Assert.True(writer.Close());
        var crashed = disk.Crash(new Random(1));
        Assert.Single(Journals.Read(crashed, 11).Records);
    }

    [Theory]
    [InlineData(JournalDurability.Os)]
    [InlineData(JournalDurability.Fsync)]
    public void A_directory_that_is_gone_is_noticed(JournalDurability durability)
    {
        var disk = new SimulatedDisk();
        var writer = Journals.Open(disk, Journals.Options(durability));
        writer.Work();
        Assert.True(writer.CanTake(1));
        disk.IsVanished = true;
        Journals.Append(writer, 1, new Random(1));
        writer.Work();
        Assert.Contains("gone", writer.Fault);
        Assert.False(writer.CanTake(1));
        Assert.False(writer.TryReopen(2));
        writer.Work();
        Assert.False(writer.TryReopen(2));
        disk.IsVanished = false;
        writer.Work();
        Assert.True(writer.TryReopen(2));
    }

    [Fact]
    public void A_segment_that_is_deleted_under_the_writer_is_noticed()
    {
        var disk = new SimulatedDisk();
        var writer = Journals.Open(disk);
        writer.Work();
        disk.Delete(StateFiles.SegmentName(1));
        writer.Work();
        Assert.Contains(StateFiles.SegmentName(1), writer.Fault);
    }

    [Fact]
    public void A_disk_that_turns_read_only_is_a_fault_and_none_to_start_on()
    {
        var disk = new SimulatedDisk();
        var writer = Journals.Open(disk);
        disk.IsReadOnly = true;
        Journals.Append(writer, 1, new Random(1));
        Assert.Contains("read-only", writer.Fault);
        Assert.False(writer.Close());
        Assert.Contains(
            "read-only",
            Assert.Throws<IOException>(() => Journals.Open(disk)).Message);
    }

    [Fact]
    public void A_slow_fsync_shows_and_records_gather_behind_it()
    {
        using var gate = new ManualResetEventSlim(initialState: true);
        var disk = new SimulatedDisk { SyncGate = gate };
        var options = Journals.Options(JournalDurability.Fsync) with
        {
            HasThread = true, SlowAfter = TimeSpan.FromMilliseconds(20), SegmentBytes = 1 << 20,
        };
        using var writer = Journals.Open(disk, options);
        // Making the next segment syncs it too, and must not be what waits at the gate.
        Assert.True(SpinWait.SpinUntil(() => writer.HasNext, 10_000));
        gate.Reset();
        var expected = Journals.Append(writer, 200, new Random(1));
        Assert.True(SpinWait.SpinUntil(() => writer.Slow, 10_000));
        Assert.Equal((200ul, 0ul), (writer.Written, writer.Durable));
        Assert.Equal(200ul, writer.Statistics.Lag);
        gate.Set();
        Assert.True(SpinWait.SpinUntil(() => writer.Durable == 200, 10_000));
        Assert.True(SpinWait.SpinUntil(() => !writer.Slow, 10_000));
        Assert.InRange(writer.Statistics.LongestFsync.TotalMilliseconds, 20, 10_000);
        Assert.InRange(disk.Syncs, 2, 100);
        Assert.True(writer.Close());
        Journals.AssertSame(expected, Journals.Read(disk).Records);
    }

    [Fact]
    public void Numbers_behind_the_journal_are_refused()
    {
        var disk = new SimulatedDisk();
        using (var writer = Journals.Open(disk))
        {
            Journals.Append(writer, 3, new Random(1));
            Assert.Throws<ArgumentOutOfRangeException>(() => writer.TryReopen(3));
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => Journals.Open(disk, next: 3));
    }

    private static void WriteSnapshot(IDisk disk, ulong number)
    {
        using var snapshot = new SnapshotWriter(disk, new SnapshotHeader(number, 0, 1, []));
        snapshot.Complete();
    }
}
