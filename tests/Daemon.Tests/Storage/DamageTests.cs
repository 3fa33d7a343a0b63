using Realtime.Daemon.Storage;
using Realtime.Daemon.Tests.Simulation;

namespace Realtime.Daemon.Tests.Storage;

/// <summary>A journal with damage is told from one that a crash cut short.</summary>
public sealed class DamageTests
{
    private static readonly string First = StateFiles.SegmentName(1);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_tail_torn_at_any_byte_is_cut(bool garbage)
    {
        var (disk, records, offsets) = Small(closed: false);
        var whole = disk.Bytes(First);
        var junk = new Random(3);
        for (var cut = offsets[^2] + 1; cut < offsets[^1]; cut++)
        {
            var torn = (byte[])whole.Clone();
            torn.AsSpan((int)cut, (int)(offsets[^1] - cut)).Clear();
            if (garbage)
                junk.NextBytes(torn.AsSpan((int)cut, (int)(offsets[^1] - cut)));
            if (torn.AsSpan().SequenceEqual(whole))
                continue;
            var copy = new SimulatedDisk();
            copy.Put(First, torn);
            var (read, end) = Journals.Read(copy);
            Journals.AssertSame(records[..^1], read);
            Assert.Equal((JournalEndKind.TornTail, First, offsets[^2]), (end.Kind, end.File, end.Offset));
            Assert.InRange(end.BytesCut, 1, offsets[^1] - offsets[^2]);
            Assert.NotNull(end.Reason);
            GoesOn(copy, read);
        }
    }

    [Fact]
    public void A_bit_flipped_anywhere_in_a_closed_journal_is_found()
    {
        var (disk, _, offsets) = Small(closed: true);
        var length = disk.Bytes(First).Length;
        for (var place = 0; place < length; place++)
        {
            var copy = disk.Copy();
            copy.Flip(First, place, place % 8);
            var error = Assert.Throws<JournalCorruptException>(() => Journals.Read(copy));
            var begin = offsets.LastOrDefault(offset => offset <= place);
            Assert.Equal((First, begin), (error.File, error.Offset));
            Assert.True(error.Found.Length > 0 && error.Expected.Length > 0);
        }
    }

    [Fact]
    public void A_bit_flipped_in_an_unclosed_journal_is_found_or_cuts_the_last_record_only()
    {
        var (disk, records, offsets) = Small(closed: false);
        for (var place = 0; place < offsets[^1]; place++)
        {
            var copy = disk.Copy();
            copy.Flip(First, place, place % 8);
            if (place < offsets[^2])
            {
                var error = Assert.Throws<JournalCorruptException>(() => Journals.Read(copy));
                Assert.Equal(
                    (First, offsets.LastOrDefault(offset => offset <= place)), (error.File, error.Offset));
                continue;
            }

            var (read, end) = Journals.Read(copy);
            Journals.AssertSame(records[..^1], read);
            Assert.Equal((JournalEndKind.TornTail, offsets[^2]), (end.Kind, end.Offset));
        }
    }

    [Fact]
    public void A_bit_flipped_in_an_earlier_segment_is_found()
    {
        var disk = new SimulatedDisk();
        for (var i = 0; i < 3; i++)
        {
            using var writer = Journals.Open(disk);
            Journals.Append(writer, 3, new Random(i), 3);
        }

        foreach (var file in StateFiles.Segments(disk))
        {
            for (var place = 0; place < file.Length; place++)
            {
                var copy = disk.Copy();
                copy.Flip(file.Name, place, place % 8);
                var error = Assert.Throws<JournalCorruptException>(() => Journals.Read(copy));
                Assert.Equal(file.Name, error.File);
            }
        }
    }

    [Fact]
    public void A_file_cut_from_outside_is_found()
    {
        var (disk, _, offsets) = Small(closed: true);
        var whole = disk.Bytes(First);
        for (var length = 1; length < whole.Length; length++)
        {
            var copy = new SimulatedDisk();
            copy.Put(First, whole[..length]);
            Assert.Throws<JournalCorruptException>(() => Journals.Read(copy));
        }

        Assert.Equal(whole.Length, RecordHeader.FooterOffset(offsets[^1]) + RecordHeader.Bytes);
    }

    [Fact]
    public void A_lost_sector_in_the_midst_of_unsynced_records_cuts_from_there_on()
    {
        var disk = new SimulatedDisk();
        var writer = Journals.Open(disk);
        var records = Journals.Append(writer, 40, new Random(1));
        var offsets = Offsets(disk);
        var sector = (int)(offsets[20] / 512 + 1) * 512;
        disk.Damage(First, sector, new byte[512]);
        var (read, end) = Journals.Read(disk);
        Assert.Equal(JournalEndKind.Hole, end.Kind);
        Assert.InRange(end.RecordsDropped, 1, 40 - read.Count - 1);
        Journals.AssertSame(records[..read.Count], read);
        Assert.InRange(read.Count, 20, 24);
        GoesOn(disk, read);
    }

    [Fact]
    public void The_same_sector_lost_where_it_was_durable_is_damage()
    {
        var disk = new SimulatedDisk();
        var writer = Journals.Open(disk);
        var records = Journals.Append(writer, 40, new Random(1));
        var offsets = Offsets(disk);
        writer.Work();
        Assert.Equal(40ul, writer.Synced);
        records.AddRange(Journals.Append(writer, 1, new Random(2)));
        var sector = (int)(offsets[20] / 512 + 1) * 512;
        disk.Damage(First, sector, new byte[512]);
        var error = Assert.Throws<JournalCorruptException>(() => Journals.Read(disk));
        Assert.Equal(First, error.File);
        Assert.InRange(error.Offset, offsets[20], sector);
    }

    [Fact]
    public void Salvage_stops_at_the_damage_and_keeps_the_rest_aside()
    {
        var disk = new SimulatedDisk();
        var records = new List<SomeRecord>();
        for (var i = 0; i < 3; i++)
        {
            using var writer = Journals.Open(disk);
            records.AddRange(Journals.Append(writer, 6, new Random(i)));
        }

        var offsets = Offsets(disk, 7);
        var damaged = StateFiles.SegmentName(7);
        disk.Flip(damaged, offsets[2] + 30, 1);
        var before = disk.Bytes(damaged);
        var last = disk.Bytes(StateFiles.SegmentName(13));
        var skipped = new List<SkippedRange>();
        var (read, end) = Journals.Read(disk, 1, skipped.Add);
        Journals.AssertSame(records[..8], read);
        var range = Assert.Single(skipped);
        Assert.Equal((damaged, offsets[2], 9ul, 10ul), (range.File, range.Offset, range.FirstMissing, range.NextFound));
        Assert.Equal(offsets[3] - offsets[2], range.Length);
        Assert.Equal((JournalEndKind.Damaged, 9ul, 9), (end.Kind, end.Next, end.RecordsDropped));

        var beyond = Journals.Read(disk, 1, static _ => { }, beyond: true).Records;
        Journals.AssertSame([.. records[..8], .. records[9..]], beyond);

        GoesOn(disk, read, end);
        Assert.Equal(before, disk.Bytes(damaged + ".damaged"));
        Assert.Equal(last, disk.Bytes(StateFiles.SegmentName(13) + ".damaged"));
    }

    [Fact]
    public void Salvage_passes_over_every_flipped_bit()
    {
        var (disk, records, _) = Small(closed: true);
        var length = disk.Bytes(First).Length;
        for (var place = 0; place < length; place++)
        {
            var copy = disk.Copy();
            copy.Flip(First, place, place % 8);
            var skipped = new List<SkippedRange>();
            var (read, end) = Journals.Read(copy, 1, skipped.Add);
            Assert.NotEmpty(skipped);
            Journals.AssertSame(records[..read.Count], read);
            GoesOn(copy, read, end);
            var beyond = Journals.Read(copy.Copy(), 1, static _ => { }, beyond: true).Records;
            Assert.True(beyond.Count >= read.Count);
        }
    }

    [Fact]
    public void A_journal_of_a_newer_version_is_refused_by_its_number()
    {
        var (disk, _, _) = Small(closed: true);
        disk.Damage(First, 8, 2);
        var error = Assert.Throws<JournalCorruptException>(() => Journals.Read(disk));
        Assert.Contains("version 2", error.Message);
    }

    /// <summary>A small journal, and where its records begin; the last number is where they end.</summary>
    private static (SimulatedDisk Disk, List<SomeRecord> Records, List<long> Offsets) Small(bool closed)
    {
        var disk = new SimulatedDisk();
        var writer = Journals.Open(disk);
        var random = new Random(5);
        var records = Journals.Append(writer, 2, random, 3);
        SomeRecord[] last = [SomeRecord.OfTicks(1), SomeRecord.OfTicks(3), SomeRecord.OfTicks(2)];
        foreach (var record in last)
            record.AppendTo(writer);
        records.AddRange(last);
        if (closed)
            Assert.True(writer.Close());
        return (disk, records, Offsets(disk));
    }

    private static List<long> Offsets(SimulatedDisk disk, ulong segment = 1)
    {
        var offsets = new List<long>();
        using var reader = new JournalReader(disk, segment);
        while (reader.Read() && reader.File == StateFiles.SegmentName(segment))
            offsets.Add(reader.Offset);
        if (reader.End is not null)
            offsets.Add(reader.End.Offset);
        return offsets;
    }

    // What was read stays, and what is written next follows it.
    private static void GoesOn(SimulatedDisk disk, List<SomeRecord> read, JournalEnd? found = null)
    {
        var end = found ?? Journals.Read(disk).End;
        List<SomeRecord> more;
        using (var writer = JournalWriter.Open(disk, end, end.Next, 0, Journals.Options()))
            more = Journals.Append(writer, 2, new Random(9));
        var (records, after) = Journals.Read(disk);
        Journals.AssertSame([.. read, .. more], records);
        Assert.Equal(JournalEndKind.Closed, after.Kind);
    }
}
