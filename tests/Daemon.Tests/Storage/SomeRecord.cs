using System.Runtime.InteropServices;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Storage;
using Realtime.Protocol;

namespace Realtime.Daemon.Tests.Storage;

/// <summary>A record with everything it refers to.</summary>
internal sealed record SomeRecord(
    long Frame, long Now, uint Checksum, Change[] Changes, double[] Values, byte[] Bytes)
{
    /// <summary>Of ticks of one value, all of one stream.</summary>
    public static SomeRecord OfTicks(int count, long frame = 1)
    {
        var changes = Enumerable.Range(0, count)
            .Select(i => new Change(ChangeKind.Tick, 5, 0, false, (ulong)i + 1, null, 1_800_000_000, new Slice(i, 1)));
        return new SomeRecord(
            frame, 1_800_000_000, 7, [.. changes],
            [.. Enumerable.Range(0, count).Select(static i => i * 0.5)], []);
    }

    /// <summary>Of changes of every kind, any numbers, up to a size.</summary>
    public static SomeRecord Random(Random random, int most = 12)
    {
        var values = new List<double>();
        var bytes = new List<byte>();
        var changes = new Change[random.Next(most + 1)];
        for (var i = 0; i < changes.Length; i++)
        {
            var kind = (ChangeKind)random.Next(1, 11);
            var length = random.Next(4) == 0 ? 0 : random.Next(most);
            Slice data;
            if (kind is ChangeKind.Tick or ChangeKind.Prediction)
            {
                data = new Slice(values.Count, length);
                values.AddRange(Enumerable.Range(0, length).Select(_ => Number(random)));
            }
            else
            {
                data = new Slice(bytes.Count, length);
                var some = new byte[length];
                random.NextBytes(some);
                bytes.AddRange(some);
            }

            changes[i] = new Change(
                kind, random.Next(8) == 0 ? -1 : random.Next(), random.Next(8) == 0 ? -1 : random.Next(ushort.MaxValue),
                random.Next(2) == 0, Integer(random), random.Next(2) == 0 ? Integer(random) : null,
                (long)Integer(random), data, (PredictionFlags)random.Next(256));
        }

        return new SomeRecord(
            (long)Integer(random), (long)Integer(random), (uint)random.NextInt64(1L << 32), changes, [.. values],
            [.. bytes]);
    }

    public static SomeRecord From(in FrameRecord record)
    {
        var values = new List<double>();
        var bytes = new List<byte>();
        var changes = new List<Change>();
        foreach (var change in record.Changes)
        {
            var isTick = change.Kind is ChangeKind.Tick or ChangeKind.Prediction;
            var data = new Slice(isTick ? values.Count : bytes.Count, change.Data.Length);
            if (isTick)
                values.AddRange(record.Values.Slice(change.Data.Offset, change.Data.Length));
            else
                bytes.AddRange(change.Data.Of(record.Bytes));
            changes.Add(change with { Data = data });
        }

        return new SomeRecord(record.Frame, record.Now, record.Checksum, [.. changes], [.. values], [.. bytes]);
    }

    public void AppendTo(IJournal journal) =>
        journal.Append(new FrameRecord(Frame, Now, Changes, Values, Bytes, Checksum));

    /// <summary>Down to the bits of a NaN.</summary>
    public bool IsSame(SomeRecord other) =>
        Frame == other.Frame && Now == other.Now && Checksum == other.Checksum
        && Changes.AsSpan().SequenceEqual(other.Changes) && Bytes.AsSpan().SequenceEqual(other.Bytes)
        && MemoryMarshal.AsBytes<double>(Values).SequenceEqual(MemoryMarshal.AsBytes<double>(other.Values));

    private static double Number(Random random) => random.Next(6) switch
    {
        0 => BitConverter.Int64BitsToDouble(0x7ff8_0000_0000_0000 | random.NextInt64(1L << 50)),
        1 => 0,
        2 => double.NegativeInfinity,
        _ => random.NextDouble() * 100,
    };

    private static ulong Integer(Random random) => random.Next(4) switch
    {
        0 => 0,
        1 => ulong.MaxValue - (ulong)random.Next(3),
        _ => (ulong)random.NextInt64(),
    };
}

/// <summary>A journal on a simulated disk, without a thread of its own.</summary>
internal static class Journals
{
    public const long SegmentBytes = JournalOptions.LeastSegmentBytes;

    public static JournalOptions Options(JournalDurability durability = JournalDurability.Os) => new()
    {
        Durability = durability, SegmentBytes = SegmentBytes, HasThread = false, Epoch = 3,
        Description = "a description"u8.ToArray(),
    };

    public static (List<SomeRecord> Records, JournalEnd End) Read(
        IDisk disk, ulong from = 1, Action<SkippedRange>? salvage = null, bool beyond = false)
    {
        using var reader = new JournalReader(disk, from, salvage, beyond);
        var records = new List<SomeRecord>();
        while (reader.Read())
        {
            if (!beyond)
                Assert.Equal(from + (ulong)records.Count, reader.Number);
            Assert.True(reader.Durable < reader.Number);
            records.Add(SomeRecord.From(reader.Record));
        }

        return (records, reader.End!);
    }

    public static JournalWriter Open(IDisk disk, JournalOptions? options = null, ulong? next = null)
    {
        var (_, end) = Read(disk);
        return JournalWriter.Open(disk, end, next ?? end.Next, 1_700_000_000_000_000_000, options ?? Options());
    }

    public static List<SomeRecord> Append(IJournal journal, int count, Random random, int most = 12)
    {
        var records = new List<SomeRecord>();
        for (var i = 0; i < count; i++)
        {
            records.Add(SomeRecord.Random(random, most));
            records[^1].AppendTo(journal);
        }

        return records;
    }

    public static void AssertSame(IReadOnlyList<SomeRecord> expected, IReadOnlyList<SomeRecord> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        for (var i = 0; i < expected.Count; i++)
            Assert.True(expected[i].IsSame(actual[i]), $"record {i + 1} is another one");
    }
}
