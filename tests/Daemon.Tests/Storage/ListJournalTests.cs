using Realtime.Daemon.Frames;
using Realtime.Daemon.Storage;
using Realtime.Protocol;

namespace Realtime.Daemon.Tests.Storage;

/// <summary>The example of a reader in another language reads what is written.</summary>
public sealed class ListJournalTests
{
    [Fact]
    public void It_lists_every_record_with_its_changes()
    {
        using var folder = new Folder();
        using var disk = new FileDisk(folder.Path);
        using (var writer = Journals.Open(disk))
        {
            var names = new SomeRecord(
                3, 1_700_000_000_250_000_000, 0,
                [
                    new Change(ChangeKind.Admitted, 0, 0, false, 0, null, 0, new Slice(0, 3)),
                    new Change(ChangeKind.Tick, 0, 0, false, 1, 4, 5, new Slice(0, 2)),
                    new Change(ChangeKind.Tick, 0, 0, false, 2, null, 5, new Slice(0, 1)),
                ],
                [1, 2], [1, 2, 3]);
            names.AppendTo(writer);
            Journals.Append(writer, 20, new Random(1));
            Assert.True(writer.Close());
        }

        var lines = Run(folder.Path);
        Assert.Equal(22, lines.Length);
        Assert.Equal("journal-00000000000000000001.rtj: from 1", lines[0].Split(',')[0]);
        Assert.Equal("1 3 2023-11-14T22:13:20.250+00:00 admitted:1 tick:2", lines[1]);
        Assert.StartsWith("21 ", lines[^1]);
    }

    private static string[] Run(string path)
    {
        var script = Path.Combine(Repository.Root, "examples", "list_journal.py");
        return Command.Say("python3", script, path).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
