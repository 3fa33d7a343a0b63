using System.Text;
using Realtime.Daemon.Configuration;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Tests.Simulation;
using Realtime.Protocol;

namespace Realtime.Daemon.Tests.Frames;

public sealed class DeterminismTests
{
    private static readonly int[] Caps = [1, 2, 7, 64, 1024];

    [Theory]
    [InlineData(GapPolicy.Step)]
    [InlineData(GapPolicy.Impute)]
    [InlineData(GapPolicy.Reset)]
    public void The_same_input_gives_the_same_bits_whatever_the_frames_hold(GapPolicy onGap)
    {
        foreach (var seed in new[] { 11, 12, 13 })
        {
            var messages = Messages(seed, 700);
            var expected = Play(messages, Caps[0], onGap);
            foreach (var cap in Caps.Skip(1))
                AssertSame(expected, Play(messages, cap, onGap), $"seed {seed}, frame.maxTicks {cap}");
        }
    }

    [Fact]
    public void Other_input_gives_other_bits()
    {
        Assert.NotEqual(Play(Messages(11, 100), 7, GapPolicy.Step), Play(Messages(12, 100), 7, GapPolicy.Step));
    }

    [Theory]
    [InlineData(GapPolicy.Step)]
    [InlineData(GapPolicy.Impute)]
    [InlineData(GapPolicy.Reset)]
    public void The_journal_replays_to_the_same_bits(GapPolicy onGap)
    {
        foreach (var seed in new[] { 21, 22, 23 })
        {
            var options = SimulatedDaemon.Options(64, streamsMax: 8, onGap, idleAfter: TimeSpan.FromSeconds(20));
            var journal = new RecordingJournal();
            using var daemon = new SimulatedDaemon(options, HostileInput.Models, journal: journal);
            PutForeignState(daemon);
            var input = new HostileInput(seed);
            for (var i = 0; i < 600; i++)
            {
                daemon.Send(input.Message());
                daemon.Clock.UtcNanoseconds += 300_000_000;
                daemon.Run();
            }

            Assert.True(daemon.Counters.Evicted > 0);
            using var replayed = new SimulatedDaemon(
                options with { IdleAfter = null }, HostileInput.Models);
            new JournalReplay(replayed, onGap).Play(journal.Frames);
            Assert.True(daemon.StatesDigest() == replayed.StatesDigest(), $"states of seed {seed}");
            Assert.Equal(daemon.Counters.Stepped, replayed.Counters.Stepped);
            Assert.True(Values(daemon) == Values(replayed), $"predictions of seed {seed}");
        }
    }

    [Fact]
    public void A_frame_is_recorded_in_the_order_in_which_it_changed_the_world()
    {
        var journal = new RecordingJournal();
        using var daemon = new SimulatedDaemon(SimulatedDaemon.Options(onGap: GapPolicy.Reset), journal: journal);
        daemon.Take(Pack.Tick("s", 1, 1), Pack.Tick("s", 2, 5), Pack.Tick(8, 3), Pack.Tick("s", 4, 6, run: 3));
        var frame = Assert.Single(journal.Frames);
        Assert.Equal(
            [
                (ChangeKind.Admitted, 0, 0UL), (ChangeKind.Tick, 0, 1UL), (ChangeKind.Reset, 0, 0UL),
                (ChangeKind.Tick, 0, 5UL), (ChangeKind.Admitted, 1, 0UL), (ChangeKind.Tick, 1, 1UL),
                (ChangeKind.Tick, 0, 6UL),
            ],
            frame.Changes.Select(static one => (one.Change.Kind, one.Change.Row, one.Change.Seq)));
        Assert.Equal(daemon.Clock.UtcNanoseconds, frame.Now);
        Assert.Equal("s"u8.ToArray(), frame.Changes[0].Bytes);
        Assert.Equal([2.0], frame.Changes[3].Values);
        Assert.True(frame.Changes[4].Change.IsId);
        Assert.Equal(3UL, frame.Changes[6].Change.Run);
    }

    [Fact]
    public void Imputed_ticks_are_recorded_before_the_tick_behind_the_gap()
    {
        var journal = new RecordingJournal();
        using var daemon = new SimulatedDaemon(SimulatedDaemon.Options(onGap: GapPolicy.Impute), journal: journal);
        daemon.Take(Pack.Tick("s", 1, 1), Pack.Tick("s", 2, 4));
        Assert.Equal(
            [ChangeKind.Admitted, ChangeKind.Tick, ChangeKind.Imputed, ChangeKind.Imputed, ChangeKind.Tick],
            journal.Changes.Select(static one => one.Change.Kind));
    }

    // A state from elsewhere, so that one is among the changes.
    private static void PutForeignState(SimulatedDaemon daemon)
    {
        using var other = new SimulatedDaemon(models: HostileInput.Models);
        other.Take(Pack.Tick("b/elsewhere", new[] { 1.0, 2.0 }, 40));
        var state = new Raw(other.State("b/elsewhere")!);
        Assert.True(daemon.Ask(Pack.Op("state.put", ("stream", "b/1"), ("state", state)))["ok"].AsBoolean());
    }

    private static List<SimulatedMessage> Messages(int seed, int count)
    {
        var input = new HostileInput(seed);
        return [.. Enumerable.Range(0, count).Select(_ => input.Message())];
    }

    private static string Play(List<SimulatedMessage> messages, int maxTicks, GapPolicy onGap)
    {
        using var daemon = new SimulatedDaemon(
            SimulatedDaemon.Options(maxTicks, streamsMax: 7, onGap), HostileInput.Models);
        messages.ForEach(daemon.Send);
        daemon.Run();
        var counters = daemon.Counters;
        return $"""
            states {daemon.StatesDigest()}
            predictions {daemon.PredictionsDigest()}
            replies {RepliesOf(daemon)}
            received {counters.Received} stepped {counters.Stepped} duplicate {counters.Duplicate}
            rejected {counters.Rejected} refused {counters.Refused}
            {EventsOf(daemon)}
            """;
    }

    private static void AssertSame(string expected, string actual, string context)
    {
        foreach (var (one, other) in expected.Split('\n').Zip(actual.Split('\n')))
            Assert.True(one == other, $"{context}: {other}, with frame.maxTicks 1 {one}");
        Assert.Equal(expected.Length, actual.Length);
    }

    private static string RepliesOf(SimulatedDaemon daemon) => Convert.ToHexStringLower(
        System.Security.Cryptography.SHA256.HashData([.. daemon.Sink.Replies.SelectMany(static one => one.Payload)]));

    // Events of one frame come in the order of its phases, so only what was said is compared.
    private static string EventsOf(SimulatedDaemon daemon) => string.Join(
        "\n", daemon.Sink.Events.Select(static one => one.ToString()).Order(StringComparer.Ordinal));

    // A replayed tick carries its time and no trace, so only numbers are compared.
    private static string Values(SimulatedDaemon daemon)
    {
        string[] keys = ["stream", "seq", "time", "mean", "quantiles", "classes", "flags", "values"];
        var text = new StringBuilder();
        foreach (var stream in daemon.Sink.Predictions.GroupBy(static one => one.Topic).OrderBy(
            static stream => stream.Key, StringComparer.Ordinal))
            foreach (var prediction in stream.Select(static one => one.Value))
                text.Append(stream.Key).AppendJoin(' ', keys.Select(key => prediction[key])).Append('\n');
        return text.ToString();
    }

    /// <summary>Sends what a journal recorded to another loop, as ticks and requests.</summary>
    private sealed class JournalReplay(SimulatedDaemon daemon, GapPolicy onGap)
    {
        private readonly Dictionary<int, (byte[] Name, bool IsId)> _streams = [];

        public void Play(IEnumerable<RecordedFrame> frames)
        {
            foreach (var frame in frames)
            {
                daemon.Clock.UtcNanoseconds = frame.Now;
                for (var i = 0; i < frame.Changes.Count; i++)
                    Play(frame.Changes[i], i + 1 < frame.Changes.Count ? frame.Changes[i + 1].Change : null);
                daemon.Run();
            }
        }

        private void Play(RecordedChange recorded, Change? next)
        {
            var change = recorded.Change;
            switch (change.Kind)
            {
                case ChangeKind.Admitted:
                    _streams[change.Row] = (recorded.Bytes, change.IsId);
                    break;
                case ChangeKind.Tick:
                    daemon.Ingest(TickOf(recorded));
                    break;
                case ChangeKind.Owed:
                    // A refused tick that no other input repeats.
                    break;
                case ChangeKind.Put:
                    daemon.Request(Pack.Op(
                        "state.put", ("stream", Name(change.Row)), ("state", new Raw(recorded.Bytes))));
                    break;
                case ChangeKind.Reset when onGap == GapPolicy.Reset && IsTickOf(next, change.Row):
                case ChangeKind.Imputed:
                    // The gap before the tick that follows does it again.
                    Assert.NotEqual(GapPolicy.Step, onGap);
                    break;
                case ChangeKind.Reset:
                    daemon.Request(Pack.Op("reset", ("stream", Name(change.Row))));
                    break;
                default:
                    daemon.Request(Pack.Op("forget", ("stream", Name(change.Row))));
                    break;
            }
        }

        private bool IsTickOf(Change? next, int row)
        {
            if (next is not { Kind: ChangeKind.Tick } tick || tick.Row != row)
                return false;
            daemon.Run();
            var order = daemon.World.Streams[daemon.World.Streams.Find(_streams[row].Name)].Order;
            return tick.Seq > order.Last + 1 && (tick.Run ?? 0) == (order.HasRun ? order.Run : 0);
        }

        private string Name(int row) => Encoding.UTF8.GetString(_streams[row].Name);

        private byte[] TickOf(RecordedChange recorded)
        {
            var change = recorded.Change;
            var (name, isId) = _streams[change.Row];
            object stream = isId && StreamName.TryParseId(name, out var id) ? id : Encoding.UTF8.GetString(name);
            // Nanoseconds as an integer are nanoseconds only when large; as a float they would lose digits.
            return Pack.Map(
                ("stream", stream), ("seq", change.Seq), ("run", change.Run), ("values", recorded.Values),
                ("time", new Raw(Pack.Bytes(writer => writer.WriteTimestamp(change.Time)))));
        }
    }
}
