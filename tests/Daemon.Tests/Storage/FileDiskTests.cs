using Realtime.Daemon.Storage;

namespace Realtime.Daemon.Tests.Storage;

/// <summary>The real disk.</summary>
public sealed class FileDiskTests
{
    [Theory]
    [InlineData(JournalDurability.Os)]
    [InlineData(JournalDurability.Fsync)]
    public void A_journal_with_its_thread_is_written_and_read(JournalDurability durability)
    {
        using var folder = new Folder();
        using var disk = new FileDisk(folder.Path);
        var options = Journals.Options(durability) with
        {
            HasThread = true, SyncInterval = TimeSpan.FromMilliseconds(20), SegmentBytes = 64 << 10,
        };
        var expected = new List<SomeRecord>();
        for (var start = 0; start < 3; start++)
        {
            using var writer = Journals.Open(disk, options);
            expected.AddRange(Journals.Append(writer, 1000, new Random(start)));
            SpinWait.SpinUntil(() => writer.Synced == writer.Written, 5_000);
            Assert.Equal((null, writer.Written), (writer.Fault, writer.Synced));
            Assert.Equal(writer.Written, writer.Durable);
            Assert.True(writer.Close());
        }

        Journals.AssertSame(expected, Journals.Read(disk).Records);
        Assert.Contains(disk.List(), static entry => entry.Name.StartsWith("journal-"));
        Assert.DoesNotContain(disk.List(), static entry => entry.Name.EndsWith(".tmp"));
        Assert.True(disk.FreeBytes > 0);
    }

    [Fact]
    public void A_directory_that_is_moved_away_or_replaced_is_noticed()
    {
        using var folder = new Folder();
        var path = Path.Combine(folder.Path, "state");
        using var disk = new FileDisk(path);
        Assert.True(disk.IsThere());
        Directory.Move(path, path + ".away");
        Assert.False(disk.IsThere());
        Directory.CreateDirectory(path);
        Assert.False(disk.IsThere());
        Assert.Contains(path, Assert.Throws<IOException>(() => disk.Create("x")).Message);
        Directory.Delete(path);
        Directory.Move(path + ".away", path);
        Assert.True(disk.IsThere());
    }

    [Fact]
    public void A_running_journal_tells_that_its_directory_is_gone()
    {
        using var folder = new Folder();
        var path = Path.Combine(folder.Path, "state");
        using var disk = new FileDisk(path);
        using var writer = Journals.Open(disk, Journals.Options() with { HasThread = true });
        Assert.True(SpinWait.SpinUntil(() => IsDeleted(path), 10_000));
        Assert.True(SpinWait.SpinUntil(() => writer.Fault is not null, 10_000));
        Assert.Contains(path, writer.Fault);
        Assert.False(writer.CanTake(1));
    }

    // The journal's thread may make a file there at the same moment.
    private static bool IsDeleted(string path)
    {
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (IOException)
        {
            // Another try tells.
        }

        return !Directory.Exists(path);
    }

    [Fact]
    public void Faults_say_what_failed_where_and_why()
    {
        using var folder = new Folder();
        using var disk = new FileDisk(folder.Path);
        var place = Path.Combine(folder.Path, "x");
        var error = Assert.Throws<IOException>(() => disk.Open("x"));
        Assert.StartsWith($"open {place}: ", error.Message);
        using (var file = disk.Create("x"))
        {
            error = Assert.Throws<IOException>(() => file.Preallocate(long.MaxValue / 2));
            Assert.StartsWith($"preallocate {long.MaxValue / 2} bytes for {place}: ", error.Message);
            file.Preallocate(10_000);
            Assert.Equal(10_000, file.Length);
            Assert.True(file.IsLinked);
            disk.Delete("x");
            Assert.False(file.IsLinked);
        }

        disk.Create("y").Dispose();
        using var readable = disk.Open("y");
        error = Assert.Throws<IOException>(() => readable.Write(new byte[3], 5));
        Assert.StartsWith($"write 3 bytes at 5 of {Path.Combine(folder.Path, "y")}: ", error.Message);
    }

    [Fact]
    public void A_directory_has_one_owner_and_the_second_learns_who()
    {
        using var folder = new Folder();
        using var disk = new FileDisk(folder.Path);
        using var other = new FileDisk(folder.Path);
        const long Now = 1_700_000_000_000_000_000;
        using (StateOwner.Take(disk, Now))
        {
            var error = Assert.Throws<StateInUseException>(() => StateOwner.Take(other, Now));
            Assert.Contains($"pid {Environment.ProcessId} on {Environment.MachineName}", error.Message);
            Assert.Contains("2023-11-14T22:13:20Z", error.Holder);
            Assert.Contains(folder.Path, error.Message);
        }

        StateOwner.Take(other, Now).Dispose();
    }

    [Fact]
    public void What_was_not_finished_is_deleted_at_the_start()
    {
        using var folder = new Folder();
        using var disk = new FileDisk(folder.Path);
        foreach (var name in (string[])["journal.tmp", "snapshot-1.rts.tmp", "journal-1.rtj.damaged", "notes"])
            disk.Create(name).Dispose();
        Assert.Equal(["journal.tmp", "snapshot-1.rts.tmp"], StateFiles.DeleteUnfinished(disk));
        Assert.Equal(["journal-1.rtj.damaged", "notes"], disk.List().Select(static entry => entry.Name));
        Assert.Empty(StateFiles.Segments(disk));
    }
}
