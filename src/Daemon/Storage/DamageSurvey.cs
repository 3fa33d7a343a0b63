using System.Buffers.Binary;

namespace Realtime.Daemon.Storage;

/// <summary>What lies behind the place where a journal is not whole: it tells a crash from damage.</summary>
internal sealed class DamageSurvey
{
    private const ulong FarthestNumber = 1 << 24;
    private const int StepBytes = 1 << 16;

    private readonly ulong _expected;

    private DamageSurvey(ulong expected) => _expected = expected;

    /// <summary>The first whole record behind the place.</summary>
    public ulong? NextNumber { get; private set; }

    public string? NextFile { get; private set; }

    public long NextOffset { get; private set; }

    /// <summary>Whole records behind the place.</summary>
    public int Records { get; private set; }

    /// <summary>Later segments, but for those whose header was lost before it was durable.</summary>
    public int Segments { get; private set; }

    /// <summary>Whole records behind the place and in its segment.</summary>
    public int RecordsHere { get; private set; }

    /// <summary>The highest number that anything behind the place says was durable.</summary>
    public ulong Durable { get; private set; }

    /// <summary>Behind the last byte of the segment that is not zero.</summary>
    public long ContentEnd { get; private set; }

    /// <summary>A sector of the damaged range reads as if nothing of it had ever been written.</summary>
    public bool HasLostSector { get; private set; }

    /// <param name="disk">The directory.</param>
    /// <param name="segment">The segment with the place.</param>
    /// <param name="offset">The place.</param>
    /// <param name="expected">Number of the record that should be there.</param>
    /// <param name="later">The segments behind it that continue it.</param>
    public static DamageSurvey Of(
        IDisk disk, SegmentReader segment, long offset, ulong expected, IEnumerable<StateFile> later)
    {
        var survey = new DamageSurvey(expected) { ContentEnd = offset };
        survey.Scan(segment, offset, isDamaged: true);
        survey.RecordsHere = survey.Records;
        survey.HasLostSector = survey.FindLostSector(segment, offset);
        foreach (var file in later)
        {
            using var reader = new SegmentReader(disk, file);
            survey.Segments += IsHeaderLost(reader) ? 0 : 1;
            survey.Durable = Math.Max(survey.Durable, reader.Header?.Durable ?? 0);
            survey.Scan(reader, reader.Header?.Bytes ?? 0, isDamaged: false);
        }

        return survey;
    }

    private static bool IsHeaderLost(SegmentReader segment)
    {
        if (segment.Header is not null)
            return false;
        var head = segment.At(0, RecordHeader.Sector);
        if (!head.ContainsAnyExcept((byte)0))
            return true;
        var end = head.Length < SegmentHeader.FixedBytes ? 0 : SegmentHeader.FixedBytes
            + Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(head[12..]), SegmentHeader.LargestDescription);
        for (long start = RecordHeader.Sector; start < Math.Min(end, segment.Length); start += RecordHeader.Sector)
        {
            if (!segment.At(start, RecordHeader.Sector).ContainsAnyExcept((byte)0))
                return true;
        }

        return false;
    }

    private static long SkipZeros(SegmentReader segment, long offset)
    {
        while (offset < segment.Length)
        {
            var bytes = segment.At(offset, StepBytes);
            var index = bytes.IndexOfAnyExcept((byte)0);
            if (index >= 0)
                return (offset + index) & ~7L;
            offset += bytes.Length;
        }

        return segment.Length;
    }

    private void Scan(SegmentReader segment, long offset, bool isDamaged)
    {
        while ((offset = SkipZeros(segment, offset)) < segment.Length)
        {
            var bytes = segment.At(offset, RecordHeader.Bytes);
            var header = bytes.Length < RecordHeader.Bytes ? default : RecordHeader.Read(bytes);
            var isWhole = header.Number >= _expected && header.Number - _expected < FarthestNumber
                && segment.IsWhole(offset, header);
            if (isWhole)
                Count(segment, offset, header);
            offset += isWhole ? RecordHeader.Bytes + header.Length : 8;
            if (isDamaged)
                ContentEnd = Math.Min(offset, segment.Length);
        }
    }

    private void Count(SegmentReader segment, long offset, in RecordHeader header)
    {
        Durable = Math.Max(Durable, header.Durable);
        if (header.IsFooter)
            return;
        Records++;
        if (NextNumber is null)
            (NextNumber, NextFile, NextOffset) = (header.Number, segment.Name, offset);
    }

    // A lost sector has what it had before the record was written: zeros from the record's begin on.
    private bool FindLostSector(SegmentReader segment, long offset)
    {
        var limit = LimitOf(segment, offset);
        for (var start = offset; start < limit;)
        {
            var end = Math.Min((start / RecordHeader.Sector + 1) * RecordHeader.Sector, segment.Length);
            if (end > limit)
                return false;
            if (!segment.At(start, (int)(end - start)).ContainsAnyExcept((byte)0))
                return true;
            start = end;
        }

        return false;
    }

    // To the next whole record; where there is none, to the end that the record's own length gives it, up to the end of
    // the sector.
    private long LimitOf(SegmentReader segment, long offset)
    {
        if (NextFile == segment.Name)
            return NextOffset;
        var bytes = segment.At(offset, RecordHeader.Bytes);
        if (offset == 0 || bytes.Length < 8 || !bytes[..8].ContainsAnyExcept((byte)0))
            return segment.Length;
        var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        var end = Math.Max(ContentEnd, Math.Min(offset + RecordHeader.Bytes + length, segment.Length));
        return Math.Min((end + RecordHeader.Sector - 1) / RecordHeader.Sector * RecordHeader.Sector, segment.Length);
    }
}
