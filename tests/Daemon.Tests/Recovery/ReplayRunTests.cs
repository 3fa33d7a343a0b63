using Realtime.Daemon.Frames;
using Realtime.Daemon.Hosting;
using Realtime.Daemon.Recovery;
using Realtime.Daemon.Storage;
using Realtime.Daemon.Tests.Simulation;

namespace Realtime.Daemon.Tests.Recovery;

public sealed class ReplayRunTests
{
    private static readonly TimeSpan SomeSeconds = TimeSpan.FromSeconds(20);

    private static readonly LoopOptions Options =
        SimulatedDaemon.Options(16, streamsMax: 9, GapPolicy.Impute, idleAfter: SomeSeconds)
            with { RecordsPredictions = true };

    [Theory]
    [InlineData(GapPolicy.Step, false)]
    [InlineData(GapPolicy.Impute, true)]
    [InlineData(GapPolicy.Reset, true)]
    public void Every_cap_gives_the_same_digests_and_the_recorded_bits(GapPolicy onGap, bool predictions)
    {
        foreach (var seed in new[] { 51, 52 })
        {
            var disk = new SimulatedDisk();
            var options = Options with { OnGap = onGap, RecordsPredictions = predictions };
            using var daemon = new JournalledDaemon(disk, options: options, snapshotEvery: SomeSeconds);
            daemon.Feed(new HostileInput(seed), 400);
            var reports = new[] { 1, 2, 7, 64, 1024 }
                .Select(cap => daemon.Replay(new ReplayPlan { MaxTicks = cap })).ToArray();
            foreach (var report in reports)
            {
                Assert.Equal(daemon.Daemon.StatesDigest(), report.States);
                Assert.Equal(reports[0].Predictions, report.Predictions);
                Assert.True(report.IsVerified, $"seed {seed}: {string.Join("; ", report.Differences)}");
                Assert.Equal((1UL, daemon.Journal.Written), (report.First, report.Last));
                Assert.Equal(daemon.Daemon.Counters.Stepped, report.Ticks);
                Assert.Equal(predictions ? report.Ticks : 0, report.RecordedPredictions);
                Assert.Equal(daemon.Daemon.World.Streams.Count, report.Streams);
                Assert.Empty(report.Notices);
            }
        }
    }

    [Fact]
    public void Another_input_gives_other_digests()
    {
        var (one, other) = (new SimulatedDisk(), new SimulatedDisk());
        using var first = new JournalledDaemon(one);
        using var second = new JournalledDaemon(other);
        first.Take(Pack.Tick("a/1", 1, 1), Pack.Tick("a/1", 2, 2));
        second.Take(Pack.Tick("a/1", 1.0000000000000002, 1), Pack.Tick("a/1", 2, 2));
        Assert.NotEqual(first.Replay().Predictions, second.Replay().Predictions);
        Assert.NotEqual(first.Replay().States, second.Replay().States);
    }

    [Fact]
    public void From_a_snapshot_and_from_the_beginning_the_same_comes_out()
    {
        var disk = new SimulatedDisk();
        using var daemon = new JournalledDaemon(disk, options: Options, snapshotEvery: SomeSeconds);
        daemon.Feed(new HostileInput(53), 500);
        var last = daemon.Journal.Written;
        var without = disk.Copy();
        var snapshots = StateFiles.Snapshots(disk);
        Assert.True(snapshots.Count > 5, $"{snapshots.Count} snapshots");
        foreach (var file in snapshots)
            without.Delete(file.Name);
        for (var from = 1UL; from <= last; from += 29)
        {
            var plan = new ReplayPlan { From = from };
            var near = daemon.Replay(plan);
            var far = JournalledDaemon.Replay(without, daemon.Models, plan);
            Assert.Equal((from, last, (long)(last - from + 1)), (near.First, near.Last, near.Records));
            Assert.Equal((far.Predictions, far.States, far.Ticks), (near.Predictions, near.States, near.Ticks));
            Assert.Equal(far.Records, near.Records);
            Assert.Equal((long)from - 1, far.RecordsBefore);
            Assert.True(near.IsVerified);
            var expected = snapshots.Where(file => file.Number < from).Select(static file => file.Number)
                .DefaultIfEmpty().Max();
            Assert.Equal((long)(from - 1 - expected), near.RecordsBefore);
        }
    }

    [Fact]
    public void Up_to_a_record_the_world_is_as_it_was_behind_it()
    {
        var disk = new SimulatedDisk();
        var states = new Dictionary<ulong, string>();
        using var daemon = new JournalledDaemon(disk, options: Options, snapshotEvery: SomeSeconds);
        daemon.Feed(
            new HostileInput(54), 200, () => states[daemon.Journal.Written] = daemon.Daemon.StatesDigest());
        foreach (var to in new ulong[] { 1, 2, 50, daemon.Journal.Written - 1 })
        {
            var report = daemon.Replay(new ReplayPlan { To = to });
            Assert.Equal((to, (long)to, states[to]), (report.Last, report.Records, report.States));
        }

        var one = daemon.Replay(new ReplayPlan { From = 50, To = 50 });
        Assert.Equal((50UL, 50UL, 1L, states[50]), (one.First, one.Last, one.Records, one.States));
    }

    [Fact]
    public void Without_the_first_segments_it_begins_from_the_oldest_snapshot_that_leads_on()
    {
        var disk = new SimulatedDisk();
        using var daemon = new JournalledDaemon(disk, options: Options, snapshotEvery: SomeSeconds);
        daemon.Feed(new HostileInput(55), 300);
        var all = daemon.Replay();
        var segments = StateFiles.Segments(disk);
        foreach (var file in segments.Take(3))
            disk.Delete(file.Name);
        var report = daemon.Replay();
        Assert.Equal((segments[3].Number, all.States), (report.First, report.States));
        Assert.True(report.IsVerified);
        var fault = Assert.Throws<StartException>(() => daemon.Replay(new ReplayPlan { From = 2 }));
        Assert.Equal(
            (ExitCode.Usage, $"--from 2: the oldest record that can be replayed is {segments[3].Number}"),
            (fault.ExitCode, fault.Message));
        foreach (var file in StateFiles.Snapshots(disk))
            disk.Damage(file.Name, 100, [1, 2, 3]);
        fault = Assert.Throws<StartException>(() => daemon.Replay());
        Assert.Equal(ExitCode.Failed, fault.ExitCode);
        Assert.Contains($"begins with record {segments[3].Number}", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Behind_the_last_record_there_is_nothing()
    {
        var disk = new SimulatedDisk();
        using var daemon = new JournalledDaemon(disk);
        daemon.Take(Pack.Tick("a/1", 1, 1));
        var fault = Assert.Throws<StartException>(() => daemon.Replay(new ReplayPlan { From = 7 }));
        Assert.Equal((ExitCode.Usage, "--from 7: the last record of simulated is 1"), (fault.ExitCode, fault.Message));
    }

    [Fact]
    public void A_prediction_recorded_with_another_bit_is_found()
    {
        var disk = new SimulatedDisk();
        using var daemon = new JournalledDaemon(
            disk, options: Options, change: static journal => new FlippingJournal(journal, record: 2));
        Feed(daemon, 1, 2, 3);
        var report = daemon.Replay();
        Assert.False(report.IsVerified);
        Assert.Equal((0L, 3L, 1L), (report.DifferentRecords, report.RecordedPredictions, report.DifferentPredictions));
        var one = Assert.Single(report.Differences);
        Assert.Equal((2UL, "a/1", (ulong?)2, "number 1"), (one.Record, one.Stream, one.Seq, one.What));
        var (then, now) = (double.Parse(one.Recorded), double.Parse(one.Replayed));
        Assert.Equal(BitConverter.DoubleToInt64Bits(then), BitConverter.DoubleToInt64Bits(now) ^ 1);
        Assert.True(report.FromRecorded.MaxAbsolute > 0);
    }

    [Fact]
    public void A_checksum_recorded_with_another_bit_is_found()
    {
        var disk = new SimulatedDisk();
        var options = Options with { RecordsPredictions = false };
        using var daemon = new JournalledDaemon(
            disk, options: options, change: static journal => new FlippingJournal(journal, record: 3));
        Feed(daemon, 1, 2, 3, 4);
        foreach (var cap in new[] { 1, 64 })
        {
            var report = daemon.Replay(new ReplayPlan { MaxTicks = cap });
            Assert.Equal((1L, 0L), (report.DifferentRecords, report.DifferentPredictions));
            var one = Assert.Single(report.Differences);
            Assert.Equal((3UL, null), (one.Record, one.Stream));
            Assert.Equal(Convert.ToUInt32(one.Recorded, 16), Convert.ToUInt32(one.Replayed, 16) ^ 1);
            Assert.True(daemon.Replay(new ReplayPlan { From = 4 }).IsVerified);
        }
    }

    [Fact]
    public void Records_lost_to_trouble_with_the_disk_are_told_and_passed_over()
    {
        var disk = new SimulatedDisk();
        using var daemon = new JournalledDaemon(disk, options: Options, snapshotEvery: SomeSeconds);
        var input = new HostileInput(56);
        daemon.Feed(input, 100);
        disk.FailsWrites = true;
        daemon.Snapshots.IsDown = true;
        var before = daemon.Journal.Written;
        daemon.Feed(input, 20);
        Assert.NotNull(daemon.Journal.Fault);
        disk.FailsWrites = daemon.Snapshots.IsDown = false;
        daemon.Feed(input, 100);
        Assert.Null(daemon.Journal.Fault);
        var report = daemon.Replay();
        Assert.Equal((1UL, daemon.Journal.Written), (report.First, report.Last));
        Assert.Equal(daemon.Daemon.StatesDigest(), report.States);
        Assert.True(report.IsVerified);
        var notice = Assert.Single(report.Notices);
        Assert.StartsWith($"records {before + 1} to ", notice, StringComparison.Ordinal);
        Assert.Contains("are missing", notice, StringComparison.Ordinal);
        Assert.True(report.Records < (long)report.Last);
        Assert.Equal((long)before, daemon.Replay(new ReplayPlan { To = before }).Records);
    }

    [Fact]
    public void What_a_daemon_writes_while_it_is_read_does_not_show()
    {
        var disk = new SimulatedDisk();
        using var daemon = new JournalledDaemon(disk, options: Options, snapshotEvery: SomeSeconds);
        var input = new HostileInput(57);
        daemon.Feed(input, 50);
        var (written, states) = (daemon.Journal.Written, daemon.Daemon.StatesDigest());
        using var still = new StillDisk(disk);
        daemon.Feed(input, 400);
        Assert.True(StateFiles.Segments(disk).Count > 1, "one segment only");
        using var run = new ReplayRun(still, new ReplayPlan(), new RecordedModels(() => daemon.Models, []));
        var report = run.Run();
        Assert.Equal((written, states), (report.Last, report.States));
        Assert.Empty(report.Notices);
        Assert.Throws<IOException>(() => still.Delete(StateFiles.SegmentName(1)));
        Assert.Throws<IOException>(() => still.Open(StateFiles.SegmentName(1), writable: true));
    }

    [Fact]
    public void A_record_that_is_half_written_ends_it()
    {
        var disk = new SimulatedDisk();
        using var daemon = new JournalledDaemon(disk, options: Options);
        Feed(daemon, 1, 2);
        var states = daemon.Daemon.StatesDigest();
        var length = disk.Bytes(StateFiles.SegmentName(1)).AsSpan().LastIndexOfAnyExcept((byte)0) + 1;
        Feed(daemon, 3);
        var end = disk.Bytes(StateFiles.SegmentName(1)).AsSpan().LastIndexOfAnyExcept((byte)0) + 1;
        disk.Damage(StateFiles.SegmentName(1), length + 30, new byte[end - length - 30]);
        var report = daemon.Replay();
        Assert.Equal((2UL, states), (report.Last, report.States));
        Assert.Contains("a record that is not whole", Assert.Single(report.Notices), StringComparison.Ordinal);
    }

    [Fact]
    public void Damage_is_told_with_its_place()
    {
        var disk = new SimulatedDisk();
        using (var daemon = new JournalledDaemon(disk, options: Options))
        {
            Feed(daemon, 1, 2, 3);
        }

        var length = disk.Bytes(StateFiles.SegmentName(1)).Length;
        disk.Flip(StateFiles.SegmentName(1), length - 200, 3);
        var error = Assert.Throws<JournalCorruptException>(
            () => JournalledDaemon.Replay(disk, [.. HostileInput.Models.Select(
                static one => new LoadedModel(new() { Name = "any", File = "any" }, one.Model))]));
        Assert.Equal(StateFiles.SegmentName(1), error.File);
    }

    private static void Feed(JournalledDaemon daemon, params ulong[] seqs)
    {
        foreach (var seq in seqs)
        {
            daemon.Daemon.Ingest(Pack.Tick("a/1", Math.Sin(seq), seq));
            daemon.Run();
        }
    }

    // Flips a bit of the first prediction of a record; where none is recorded, of its checksum.
    private sealed class FlippingJournal(JournalWriter journal, ulong record) : IJournal
    {
        public bool Records => true;
        public ulong Written => journal.Written;
        public ulong Durable => journal.Durable;
        public string? Fault => journal.Fault;
        public string? Warning => journal.Warning;

        public bool CanTake(long bytes) => journal.CanTake(bytes);

        public bool TryReopen() => journal.TryReopen();

        public void Append(in FrameRecord frame)
        {
            if (journal.Written + 1 != record)
            {
                journal.Append(frame);
                return;
            }

            var values = frame.Values.ToArray();
            var checksum = frame.Checksum ^ 1;
            foreach (var change in frame.Changes)
            {
                if (change.Kind != ChangeKind.Prediction)
                    continue;
                ref var value = ref values[change.Data.Offset + 1];
                value = BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(value) ^ 1);
                checksum = frame.Checksum;
            }

            journal.Append(
                new FrameRecord(frame.Frame, frame.Now, frame.Changes, values, frame.Bytes, checksum));
        }
    }
}
