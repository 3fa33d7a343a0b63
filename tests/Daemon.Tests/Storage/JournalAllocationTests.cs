using Realtime.Daemon.Frames;
using Realtime.Daemon.Storage;

namespace Realtime.Daemon.Tests.Storage;

public sealed class JournalAllocationTests
{
    private const int Windows = 4;
    private const int Appends = 500;

    [Theory]
    [InlineData(JournalDurability.Os)]
    [InlineData(JournalDurability.Fsync)]
    public void A_warm_append_allocates_nothing(JournalDurability durability)
    {
        using var folder = new Folder();
        using var disk = new FileDisk(folder.Path);
        var options = Journals.Options(durability) with { HasThread = true, SegmentBytes = 64 << 20 };
        using var writer = Journals.Open(disk, options);
        var record = SomeRecord.OfTicks(64);
        AppendAll(writer, record);
        var least = long.MaxValue;
        for (var i = 0; i < Windows; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            AppendAll(writer, record);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
        Assert.Equal((ulong)((Windows + 1) * Appends), writer.Written);
        Assert.Null(writer.Fault);
    }

    private static void AppendAll(JournalWriter writer, SomeRecord record)
    {
        for (var i = 0; i < Appends; i++)
        {
            Assert.True(writer.CanTake(64 * 20));
            writer.Append(new FrameRecord(i, i, record.Changes, record.Values, record.Bytes));
            _ = writer.Durable;
        }
    }
}
