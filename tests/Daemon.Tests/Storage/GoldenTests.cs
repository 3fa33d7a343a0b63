using Realtime.Daemon.Frames;
using Realtime.Daemon.Storage;
using Realtime.Daemon.Tests.Simulation;
using Realtime.Protocol;

namespace Realtime.Daemon.Tests.Storage;

/// <summary>Files written by format version 1 are read for as long as there is a version 1.</summary>
public sealed class GoldenTests
{
    private static readonly string Folder =
        Path.Combine(Repository.Root, "tests", "Daemon.Tests", "Storage", "golden");

    private static readonly SomeRecord[] Records =
    [
        new(
            1, 1_700_000_000_000_000_000, 0x12345678,
            [
                new Change(ChangeKind.Setup, -1, -1, false, 0, null, 0, new Slice(0, 5)),
                new Change(ChangeKind.Admitted, 0, 1, true, 0, null, 0, new Slice(5, 2)),
                new Change(ChangeKind.Tick, 0, 1, true, 7, 3, 1_699_999_999_000_000_000, new Slice(0, 3)),
                new Change(
                    ChangeKind.Prediction, 0, 1, true, 7, null, 0, new Slice(3, 2),
                    PredictionFlags.Warming | PredictionFlags.Frozen),
            ],
            [1.5, double.NaN, -0.0, 2.25, 1e-300], [.. "setup17"u8]),
        new(
            5, 1_700_000_000_500_000_000, 0,
            [
                new Change(ChangeKind.Imputed, 0, 1, true, 8, 3, 0, default),
                new Change(ChangeKind.Reset, 0, 1, true, 0, null, 0, default),
                new Change(ChangeKind.Put, 2, 65_534, false, 0, null, 0, new Slice(0, 9)),
                new Change(ChangeKind.Owed, -1, -1, false, 99, null, 0, new Slice(9, 4)),
                new Change(ChangeKind.Forgotten, 0, 1, true, 0, null, 0, new Slice(13, 0)),
                new Change(ChangeKind.Evicted, 2, 65_534, false, 0, null, 0, new Slice(13, 0)),
            ],
            [], [.. "the state"u8, .. "late"u8]),
        new(6, 1_700_000_001_000_000_000, 1, [], [], []),
    ];

    private static readonly SnapshotHeader Snapshot =
        new(3, 1_700_000_002_000_000_000, 3, "a description"u8.ToArray());

    private static readonly (uint Kind, int Rows, byte[] Payload)[] Blocks =
        [(1, 2, [.. "two rows"u8]), (7, 0, []), (2, 1, [.. "one more row"u8])];

    [Fact]
    public void The_journal_is_read()
    {
        var disk = new SimulatedDisk();
        var name = StateFiles.SegmentName(1);
        disk.Put(name, File.ReadAllBytes(Path.Combine(Folder, name)));
        var (records, end) = Journals.Read(disk);
        Journals.AssertSame(Records, records);
        Assert.Equal((JournalEndKind.Closed, 4ul), (end.Kind, end.Next));
    }

    [Fact]
    public void The_snapshot_is_read()
    {
        var disk = new SimulatedDisk();
        var name = StateFiles.SnapshotName(3);
        disk.Put(name, File.ReadAllBytes(Path.Combine(Folder, name)));
        using var reader = new SnapshotReader(disk, name);
        Assert.Equal(Snapshot with { Description = [] }, reader.Header with { Description = [] });
        Assert.Equal(Snapshot.Description, reader.Header.Description);
        foreach (var (kind, rows, payload) in Blocks)
        {
            Assert.True(reader.Read());
            Assert.Equal((kind, rows), (reader.Kind, reader.Rows));
            Assert.Equal(payload, reader.Payload.ToArray());
        }

        Assert.False(reader.Read());
    }

    [Fact]
    public void What_is_written_today_has_the_same_bytes()
    {
        var disk = new SimulatedDisk();
        using (var writer = Journals.Open(disk))
        {
            foreach (var record in Records)
                record.AppendTo(writer);
        }

        SnapshotTests.Write(disk, Snapshot, Blocks);
        foreach (var name in (string[])[StateFiles.SegmentName(1), StateFiles.SnapshotName(3)])
        {
            var golden = Path.Combine(Folder, name);
            if (Environment.GetEnvironmentVariable("REALTIME_WRITE_GOLDEN") is not null)
                File.WriteAllBytes(golden, disk.Bytes(name));
            Assert.Equal(File.ReadAllBytes(golden), disk.Bytes(name));
        }
    }
}
