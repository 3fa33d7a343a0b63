using Realtime.Daemon.Storage;
using Realtime.Daemon.Tests.Simulation;

namespace Realtime.Daemon.Tests.Storage;

public sealed class SnapshotTests
{
    [Fact]
    public void Blocks_come_back_as_they_were() => Properties.Hold<int>(
        static seed =>
        {
            var random = new Random(seed);
            var disk = new SimulatedDisk();
            var blocks = Enumerable.Range(0, random.Next(6)).Select(_ => Block(random)).ToArray();
            var header = new SnapshotHeader((ulong)random.Next(), random.Next(), 9, new byte[random.Next(40)]);
            var name = Write(disk, header, blocks);
            Assert.Equal([name], disk.List().Select(static entry => entry.Name));
            using var reader = new SnapshotReader(disk, name);
            Assert.Equal(header with { Description = [] }, reader.Header with { Description = [] });
            Assert.Equal(header.Description, reader.Header.Description);
            foreach (var (kind, rows, payload) in blocks)
            {
                Assert.True(reader.Read());
                Assert.Equal((kind, rows), (reader.Kind, reader.Rows));
                Assert.True(reader.Payload.SequenceEqual(payload));
            }

            Assert.False(reader.Read());
            Assert.False(reader.Read());
            Assert.Equal((ulong)blocks.Length, reader.Blocks);
            Assert.Null(SnapshotReader.Check(disk, name));
            return true;
        },
        100);

    [Fact]
    public void A_bit_flipped_anywhere_and_a_file_cut_anywhere_is_found()
    {
        var disk = new SimulatedDisk();
        var name = Write(disk, new SnapshotHeader(5, 6, 7, "abc"u8.ToArray()), (1, 2, new byte[21]), (2, 1, [3, 4]));
        var whole = disk.Bytes(name);
        for (var place = 0; place < whole.Length; place++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                var copy = disk.Copy();
                copy.Flip(name, place, bit);
                var error = SnapshotReader.Check(copy, name);
                Assert.Equal(name, error?.File);
            }

            disk.Put("cut", whole[..place]);
            Assert.NotNull(SnapshotReader.Check(disk, "cut"));
        }

        disk.Put("longer", [.. whole, 0, 0, 0, 0, 0, 0, 0, 0]);
        Assert.Contains("behind the footer", SnapshotReader.Check(disk, "longer")?.Message);
    }

    [Fact]
    public void A_block_that_is_gone_is_found()
    {
        var disk = new SimulatedDisk();
        var with = disk.Bytes(Write(disk, new SnapshotHeader(5, 6, 7, []), (1, 2, new byte[8]), (2, 1, new byte[8])));
        disk.Put("less", [.. with[..48], .. with[72..]]);
        Assert.Contains("blocks", SnapshotReader.Check(disk, "less")?.Message);
    }

    [Fact]
    public void A_snapshot_is_there_whole_or_not_at_all()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var disk = new SimulatedDisk();
            Write(disk, new SnapshotHeader(1, 0, 0, []), Block(random));
            var isDone = random.Next(2) == 0;
            using (var writer = new SnapshotWriter(disk, new SnapshotHeader(2, 0, 0, [])))
            {
                writer.Write(1, 1, new byte[3000]);
                if (isDone)
                    writer.Complete();
            }

            var after = disk.Crash(random);
            StateFiles.DeleteUnfinished(after);
            var snapshots = StateFiles.Snapshots(after);
            Assert.Equal(isDone ? [1ul, 2ul] : [1ul], snapshots.Select(static file => file.Number));
            Assert.All(snapshots, file => Assert.Null(SnapshotReader.Check(after, file.Name)));
        }
    }

    [Fact]
    public void A_disk_that_fails_leaves_no_snapshot()
    {
        var disk = new SimulatedDisk { FailsSyncs = true };
        using (var writer = new SnapshotWriter(disk, new SnapshotHeader(2, 0, 0, [])))
        {
            writer.Write(1, 1, new byte[10]);
            Assert.Throws<IOException>(writer.Complete);
        }

        Assert.Empty(disk.List());
    }

    internal static string Write(
        IDisk disk, SnapshotHeader header, params (uint Kind, int Rows, byte[] Payload)[] blocks)
    {
        using var writer = new SnapshotWriter(disk, header);
        foreach (var (kind, rows, payload) in blocks)
            writer.Write(kind, rows, payload);
        writer.Complete();
        Assert.Equal(disk.List().Single(entry => entry.Name == writer.Name).Length, writer.Bytes);
        return writer.Name;
    }

    private static (uint Kind, int Rows, byte[] Payload) Block(Random random)
    {
        var payload = new byte[random.Next(20) == 0 ? random.Next(3 << 20) : random.Next(100)];
        random.NextBytes(payload);
        return ((uint)random.Next(5), random.Next(1000), payload);
    }
}
