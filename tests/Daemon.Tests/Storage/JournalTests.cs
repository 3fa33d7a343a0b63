using Realtime.Daemon.Storage;
using Realtime.Daemon.Tests.Simulation;

namespace Realtime.Daemon.Tests.Storage;

/// <summary>What is written is read.</summary>
public sealed class JournalTests
{
    [Fact]
    public void Records_of_every_kind_come_back_as_they_were() => Properties.Hold<int>(
        static seed =>
        {
            var random = new Random(seed);
            var disk = new SimulatedDisk();
            var expected = new List<SomeRecord>();
            for (var start = random.Next(1, 4); start > 0; start--)
            {
                using var writer = Journals.Open(disk);
                expected.AddRange(Journals.Append(writer, random.Next(40), random));
                Assert.Equal((ulong)expected.Count, writer.Written);
                Assert.Equal(writer.Written, writer.Durable);
            }

            var (records, end) = Journals.Read(disk);
            Journals.AssertSame(expected, records);
            Assert.Equal(JournalEndKind.Closed, end.Kind);
            var from = (ulong)random.Next(1, expected.Count + 3);
            Journals.AssertSame([.. expected.Skip((int)from - 1)], Journals.Read(disk, from).Records);
            return true;
        });

    [Fact]
    public void A_journal_that_was_not_closed_reads_as_it_is()
    {
        var disk = new SimulatedDisk();
        var writer = Journals.Open(disk);
        var expected = Journals.Append(writer, 20, new Random(1));
        var (records, end) = Journals.Read(disk);
        Journals.AssertSame(expected, records);
        Assert.Equal((JournalEndKind.Unclosed, 21ul, null), (end.Kind, end.Next, end.Reason));
    }

    [Fact]
    public void Segments_follow_each_other_and_shrink_to_what_is_in_them()
    {
        var disk = new SimulatedDisk();
        var writer = Journals.Open(disk);
        var random = new Random(2);
        var expected = new List<SomeRecord>();
        for (var i = 0; i < 30; i++)
        {
            expected.AddRange(Journals.Append(writer, 20, random));
            writer.Work();
        }

        Assert.True(writer.Rotate());
        Assert.True(writer.Rotate());
        writer.Dispose();
        Journals.AssertSame(expected, Journals.Read(disk).Records);
        var segments = StateFiles.Segments(disk);
        Assert.InRange(segments.Count, 6, 60);
        Assert.Equal((ulong)expected.Count + 1, segments[^1].Number);
        Assert.All(segments, static file => Assert.True(file.Length < Journals.SegmentBytes, $"{file}"));
        Assert.Equal(segments.Count, writer.Statistics.Segments);
        Assert.Equal(expected.Count, writer.Statistics.Records);
        Assert.DoesNotContain(disk.List(), static entry => entry.Name.EndsWith(".tmp"));
    }

    [Fact]
    public void A_record_larger_than_a_segment_gets_one_of_its_size()
    {
        var disk = new SimulatedDisk();
        var writer = Journals.Open(disk);
        SomeRecord[] expected = [SomeRecord.OfTicks(1), SomeRecord.OfTicks(100_000), SomeRecord.OfTicks(2)];
        foreach (var record in expected)
            record.AppendTo(writer);
        Assert.Null(writer.Fault);
        writer.Dispose();
        Journals.AssertSame(expected, Journals.Read(disk).Records);
    }

    [Fact]
    public void A_frame_of_a_million_ticks_is_recorded()
    {
        using var folder = new Folder();
        using var disk = new FileDisk(folder.Path);
        var million = SomeRecord.OfTicks(1_000_000);
        using (var writer = Journals.Open(disk))
            million.AppendTo(writer);
        var (records, _) = Journals.Read(disk);
        Assert.True(Assert.Single(records).IsSame(million));
    }

    [Fact]
    public void The_header_names_what_the_caller_gave()
    {
        var disk = new SimulatedDisk();
        var writer = Journals.Open(disk);
        Journals.Append(writer, 1, new Random(1));
        writer.Describe("another"u8.ToArray());
        writer.Work();
        Assert.True(writer.Rotate());
        Journals.Append(writer, 1, new Random(1));
        writer.Dispose();
        using var reader = new JournalReader(disk);
        Assert.True(reader.Read());
        Assert.Equal("a description"u8.ToArray(), reader.Segment!.Description);
        Assert.Equal(3ul, reader.Segment.Epoch);
        Assert.True(reader.Read());
        Assert.Equal("another"u8.ToArray(), reader.Segment!.Description);
        Assert.Equal(2ul, reader.Segment.First);
    }

    [Fact]
    public void A_missing_segment_is_named()
    {
        var disk = new SimulatedDisk();
        for (var i = 0; i < 3; i++)
        {
            using var writer = Journals.Open(disk);
            Journals.Append(writer, 5, new Random(i));
        }

        disk.Delete(StateFiles.SegmentName(6));
        var error = Assert.Throws<JournalCorruptException>(() => Journals.Read(disk));
        Assert.Contains(StateFiles.SegmentName(6), error.Message);
        Assert.Equal(5, Journals.Read(disk, 11).Records.Count);
        disk.Delete(StateFiles.SegmentName(1));
        error = Assert.Throws<JournalCorruptException>(() => Journals.Read(disk, 3));
        Assert.Equal((StateFiles.SegmentName(11), 0), (error.File, error.Offset));
    }

    [Fact]
    public void A_journal_that_ends_before_the_snapshot_goes_on_behind_it()
    {
        var disk = new SimulatedDisk();
        using (var writer = Journals.Open(disk))
            Journals.Append(writer, 5, new Random(1));
        var (records, end) = Journals.Read(disk, 9);
        Assert.Empty(records);
        Assert.Equal(6ul, end.Next);
        using (var writer = JournalWriter.Open(disk, end, 9, 0, Journals.Options()))
        {
            Assert.Equal(8ul, writer.Written);
            Assert.Equal(8ul, writer.Durable);
            Journals.Append(writer, 2, new Random(2));
        }

        Assert.Equal(2, Journals.Read(disk, 9).Records.Count);
        // From before it there is no way over the gap, once a snapshot has counted on it.
        using (var snapshot = new SnapshotWriter(disk, new SnapshotHeader(8, 0, 1, [])))
            snapshot.Complete();
        Assert.Throws<JournalCorruptException>(() => Journals.Read(disk));
    }

    [Fact]
    public void An_empty_start_leaves_one_segment_only()
    {
        var disk = new SimulatedDisk();
        for (var i = 0; i < 4; i++)
            Journals.Open(disk).Dispose();
        Assert.Equal(StateFiles.SegmentName(1), Assert.Single(StateFiles.Segments(disk)).Name);
        Assert.Equal(JournalEndKind.Closed, Journals.Read(disk).End.Kind);
    }
}
