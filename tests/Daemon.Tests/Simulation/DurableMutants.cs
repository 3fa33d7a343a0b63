using System.Runtime.InteropServices;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Snapshots;
using Realtime.Daemon.Storage;

namespace Realtime.Daemon.Tests.Simulation;

/// <summary>Faults of the daemon that a simulation must find.</summary>
internal static class DurableMutants
{
    public static IReadOnlyDictionary<string, DurableMutation> All { get; } = new Dictionary<string, DurableMutation>
    {
        ["acknowledged before it is durable"] = new() { Journal = static journal => new EarlyJournal(journal) },
        ["a hidden state left out of the snapshot"] = new() { Store = static store => new ForgetfulSnapshots(store) },
        ["rows copied before their change lost"] = new() { Store = static store => new LosingSnapshots(store) },
        ["a tick stepped twice"] = new() { Recovered = StepAgain },
        ["rows not copied before their change"] = new() { ForgetsChanges = true },
        ["a torn tail accepted"] = new() { BetweenLives = AcceptTornTail },
        ["what is owed not recorded"] = new() { Journal = static journal => new OwingJournal(journal) },
    };

    private static void StepAgain(World world)
    {
        foreach (var name in world.Streams.NamesFrom([]))
        {
            var row = world.Streams.Find(name);
            ref var stream = ref world.Streams[row];
            if (!stream.HasPrediction)
                continue;
            var host = world.Host(stream.Model);
            var work = new FrameWork(1);
            var item = work.Add(world, row, ItemKind.Tick, stream.Flags, default);
            host.Values(stream.ModelRow).CopyTo(work.Values(in work.Items[item], host.InputCount));
            new Stepper(world, work).Run();
            return;
        }
    }

    // As if the checksum of the last record were not looked at.
    private static void AcceptTornTail(SimulatedDisk disk)
    {
        if (EndOf(disk) is not { Kind: JournalEndKind.TornTail, File: { } file } end)
            return;
        var bytes = disk.Bytes(file);
        if (end.Offset + RecordHeader.Bytes > bytes.Length)
            return;
        var header = RecordHeader.Read(bytes.AsSpan((int)end.Offset));
        if (header.Number != end.Next || header.Length == 0
            || end.Offset + RecordHeader.Bytes + header.Length > bytes.Length)
            return;
        var record = bytes.AsSpan((int)end.Offset, RecordHeader.Bytes + (int)header.Length);
        RecordHeader.Write(record, header.Number, header.Durable);
        disk.Damage(file, end.Offset, record.ToArray());
    }

    private static JournalEnd? EndOf(SimulatedDisk disk)
    {
        try
        {
            var snapshots = StateFiles.Snapshots(disk);
            using var reader = new JournalReader(disk, snapshots.Count == 0 ? 1 : snapshots[^1].Number + 1);
            while (reader.Read())
            {
            }

            return reader.End;
        }
        catch (JournalCorruptException)
        {
            return null;
        }
    }

    private sealed class EarlyJournal(IJournal journal) : JournalSeam(journal)
    {
        public override ulong Durable => Written;
    }

    private sealed class OwingJournal(IJournal journal) : JournalSeam(journal)
    {
        public override void Append(in FrameRecord record)
        {
            var changes = record.Changes.ToArray().Where(static one => one.Kind != ChangeKind.Owed).ToArray();
            base.Append(new FrameRecord(
                record.Frame, record.Now, changes, record.Values, record.Bytes, record.Checksum));
        }
    }

    private sealed class ForgetfulSnapshots(ISnapshotStore store) : SnapshotSeam(store)
    {
        public override void Add(ImageBlock block)
        {
            Zero(block);
            base.Add(block);
        }

        // Hidden states stand at the end of a row.
        private static void Zero(ImageBlock block)
        {
            if (block.Model == SnapshotCopy.RefusedBlock)
                return;
            var last = block.Written[^4..];
            MemoryMarshal.CreateSpan(ref MemoryMarshal.GetReference(last), last.Length).Clear();
        }
    }

    private sealed class LosingSnapshots(ISnapshotStore store) : SnapshotSeam(store)
    {
        private readonly HashSet<ImageBlock> _urgent = [];

        public override ImageBlock RentNow()
        {
            var block = base.RentNow();
            _urgent.Add(block);
            return block;
        }

        public override void Add(ImageBlock block)
        {
            if (_urgent.Remove(block) && block.Model != SnapshotCopy.RefusedBlock)
                block.Begin(block.Model);
            base.Add(block);
        }
    }
}
