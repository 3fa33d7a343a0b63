using System.Text;
using Realtime.Daemon.Configuration;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Tests.Simulation;
using Realtime.Protocol;

namespace Realtime.Daemon.Tests.Frames;

/// <summary>
/// With an engine that steps by itself one frame is emitted while the next is stepped. Nothing that comes out may tell
/// that apart from one frame after the other.
/// </summary>
public sealed class OverlapTests
{
    private const int Second = 1_000_000_000;

    [Theory]
    [InlineData(GapPolicy.Step, false)]
    [InlineData(GapPolicy.Impute, false)]
    [InlineData(GapPolicy.Reset, false)]
    [InlineData(GapPolicy.Step, true)]
    [InlineData(GapPolicy.Impute, true)]
    [InlineData(GapPolicy.Reset, true)]
    public void All_that_comes_out_is_the_same_and_in_the_same_order(GapPolicy onGap, bool isMixed)
    {
        foreach (var cap in new[] { 1, 2, 7, 64, 1024 })
        {
            var messages = Messages(31 + cap, 600);
            var expected = Play(messages, cap, onGap, isOnDevice: static _ => false);
            var found = Play(messages, cap, onGap, isOnDevice: model => !isMixed || model % 2 == 0);
            for (var i = 0; i < Math.Min(expected.Count, found.Count); i++)
                Assert.True(expected[i] == found[i], $"cap {cap}, line {i}: {found[i]}, expected {expected[i]}");
            Assert.Equal(expected.Count, found.Count);
        }
    }

    [Fact]
    public void A_frame_is_emitted_while_the_device_steps_the_next()
    {
        using var daemon = new Observed();
        daemon.SendFrames(3);
        daemon.Run();
        Assert.Equal(
            [
                "begin 2", "end 2", "record", "begin 2", "p/a 1", "p/b 1", "reply", "end 2", "record",
                "begin 2", "p/a 2", "p/b 2", "reply", "end 2", "record", "p/a 3", "p/b 3", "reply",
            ],
            daemon.Log);
    }

    [Fact]
    public void A_frame_with_nothing_behind_it_is_emitted_at_once()
    {
        using var daemon = new Observed();
        for (ulong seq = 1; seq <= 3; seq++)
        {
            daemon.SendFrame(seq);
            Assert.True(daemon.Loop.RunFrame());
            Assert.Equal(["record", $"p/a {seq}", $"p/b {seq}", "reply"], daemon.Log.TakeLast(4));
        }
    }

    [Fact]
    public void What_is_posted_and_what_is_asked_finds_nothing_in_flight()
    {
        using var daemon = new Observed();
        daemon.SendFrames(3);
        Assert.True(daemon.Loop.RunFrame());
        Assert.Equal("record", daemon.Log[^1]);
        Assert.False(daemon.Loop.IsQuiet);
        daemon.Loop.Post(() => daemon.Log.Add("posted"));
        Assert.True(daemon.Loop.RunFrame());
        Assert.Equal(
            ["begin 2", "end 2", "record", "p/a 1", "p/b 1", "reply", "posted", "begin 2", "end 2", "record"],
            daemon.Log);
        daemon.Run();
        Assert.True(daemon.Loop.IsQuiet);
    }

    [Fact]
    public void A_request_that_changes_the_world_comes_behind_the_frame_before()
    {
        using var daemon = new SimulatedDaemon(engine: static (model, _) => new AsynchronousEngine(model));
        daemon.Ingest(Pack.Tick("s", 1, 1));
        daemon.Pause();
        daemon.Request(Pack.Op("forget", ("stream", "s")));
        daemon.Ingest(Pack.Tick("t", 1, 1));
        daemon.Ingest(Pack.Tick("s", 2, 9));
        daemon.Run();
        Assert.Equal(
            ["p/s", "e/s", "p/t", "p/s"],
            daemon.Sink.Everything.Select(static one => one.Topic).Where(static topic => topic != "h"));
    }

    [Fact]
    public void A_stream_is_given_up_behind_its_last_prediction()
    {
        using var daemon = new SimulatedDaemon(
            SimulatedDaemon.Options(idleAfter: TimeSpan.FromSeconds(4)),
            engine: static (model, _) => new AsynchronousEngine(model));
        daemon.Take(Pack.Tick("old", 1, 1));
        daemon.Clock.UtcNanoseconds += 3L * Second;
        for (ulong seq = 1; seq <= 3; seq++)
        {
            daemon.Ingest(Pack.Tick("s", 1, seq));
            daemon.PauseBetween(seq == 1);
        }

        daemon.Sink.Everything.Clear();
        daemon.Loop.RunFrame();
        daemon.Clock.UtcNanoseconds += 2L * Second;
        daemon.Run();
        Assert.Equal(
            ["p/s", "p/s", "e/old", "p/s"],
            daemon.Sink.Everything.Select(static one => one.Topic).Where(static topic => topic is "p/s" or "e/old"));
    }

    [Fact]
    public void A_frame_that_can_not_be_recorded_is_refused_and_the_one_before_is_not()
    {
        using var daemon = new Observed();
        daemon.SendFrames(3);
        Assert.True(daemon.Loop.RunFrame());
        daemon.Ended = () => daemon.Journal.Fault = "the disk is full";
        Assert.True(daemon.Loop.RunFrame());
        Assert.Equal(
            ["begin 2", "end 2", "record", "begin 2", "p/a 1", "p/b 1", "reply", "end 2", "record", "refusal"],
            daemon.Log);
        daemon.Run();
        Assert.DoesNotContain("p/a 2", daemon.Log);
        Assert.Equal(2, daemon.Log.Count(static one => one == "refusal"));
        daemon.AssertBalanced();
    }

    [Fact]
    public void A_recorded_frame_goes_out_though_the_device_fails_with_the_next()
    {
        using var daemon = new Observed();
        daemon.SendFrames(2);
        Assert.True(daemon.Loop.RunFrame());
        daemon.Began = static () => throw new IOException("the device is lost");
        Assert.Throws<IOException>(() => daemon.Loop.RunFrame());
        Assert.Equal(["begin 2", "end 2", "record", "p/a 1", "p/b 1", "reply"], daemon.Log);
    }

    [Fact]
    public void A_stop_in_flight_finishes_what_was_taken()
    {
        using var daemon = new Observed();
        daemon.SendFrames(5);
        daemon.Ended = () =>
        {
            if (daemon.Log.Count(static one => one == "record") == 1)
                daemon.Loop.Stop();
        };
        daemon.Loop.Run();
        // The third had been received while the second was stepped.
        Assert.Equal(["p/a 3", "p/b 3", "reply"], daemon.Log.TakeLast(3));
        Assert.Equal(3, daemon.Log.Count(static one => one == "reply"));
        Assert.Equal((6L, 6L), (daemon.Counters.Received, daemon.Counters.Stepped));
        Assert.True(daemon.Loop.IsQuiet);
    }

    [Fact]
    public void Waves_of_several_models_are_in_flight_together()
    {
        var log = new List<string>();
        using var daemon = new SimulatedDaemon(models: HostileInput.Models, engine: (model, index) =>
            new AsynchronousEngine(model) { Told = (what, rows) => log.Add($"{what} {index}: {rows}") });
        daemon.Take(
            Pack.Tick("a/1", 1), Pack.Tick("a/2", 1), Pack.Tick("a/1", 2), Pack.Tick("b/1", new[] { 1.0, 2 }),
            Pack.Tick("17", 3));
        Assert.Equal(
            [
                "begin 0: 2", "end 0: 2", "begin 0: 1", "begin 1: 1", "begin 4: 1", "end 0: 1", "end 1: 1",
                "end 4: 1",
            ],
            log);
    }

    private static List<SimulatedMessage> Messages(int seed, int count)
    {
        var input = new HostileInput(seed);
        return [.. Enumerable.Range(0, count).Select(_ => input.Message())];
    }

    // Each line is one thing that came out, or the state behind it all.
    private static List<string> Play(
        List<SimulatedMessage> messages, int maxTicks, GapPolicy onGap, Func<int, bool> isOnDevice)
    {
        var journal = new RecordingJournal();
        using var daemon = new SimulatedDaemon(
            SimulatedDaemon.Options(maxTicks, streamsMax: 7, onGap, idleAfter: TimeSpan.FromSeconds(20)),
            HostileInput.Models, journal: journal,
            engine: (model, index) => isOnDevice(index) ? new AsynchronousEngine(model) : null!);
        messages.ForEach(daemon.Send);
        daemon.Run(() => daemon.Clock.UtcNanoseconds += Second / 4);
        daemon.AssertBalanced();
        return
        [
            .. daemon.Sink.Everything.Select(static one => one.Topic == "h"
                ? "h" : $"{one.Topic} {Convert.ToHexString(one.Payload)}"),
            .. daemon.Sink.Replies.Select(static one => Convert.ToHexString(one.Payload)),
            .. journal.Frames.Select(static frame => $"{frame.Frame} {frame.Now} {frame.Checksum} "
                + string.Join(" ", frame.Changes.Select(static change => Text(change)))),
            daemon.StatesDigest(),
        ];
    }

    private static string Text(RecordedChange one) => $"{one.Change} {string.Join(' ', one.Values)} "
        + Convert.ToHexString(one.Bytes);

    /// <summary>Two streams that tick together, and everything that happens by its name.</summary>
    private sealed class Observed : IPredictionSink, IDisposable
    {
        private readonly SimulatedDaemon _daemon;

        public Observed()
        {
            Journal = new FaultyJournal(Log);
            _daemon = new SimulatedDaemon(sink: this, journal: Journal, engine: (model, _) =>
                new AsynchronousEngine(model)
                {
                    Told = (what, rows) =>
                    {
                        (what == "end" ? Ended : Began)?.Invoke();
                        Log.Add($"{what} {rows}");
                    },
                });
        }

        public List<string> Log { get; } = [];
        public FaultyJournal Journal { get; }
        public FrameLoop Loop => _daemon.Loop;
        public Counters Counters => _daemon.Counters;

        /// <summary>Called where the device is asked to begin.</summary>
        public Action? Began { get; set; }

        /// <summary>Called where the device is asked for what it has done.</summary>
        public Action? Ended { get; set; }

        public void SendFrames(ulong count)
        {
            for (ulong seq = 1; seq <= count; seq++)
                SendFrame(seq);
        }

        public void SendFrame(ulong seq)
        {
            _daemon.Request(Pack.Tick("a", 1, seq, reply: true));
            _daemon.Ingest(Pack.Tick("b", 2, seq));
            _daemon.PauseBetween(seq == 1);
        }

        public void Run() => _daemon.Run();

        public void AssertBalanced() => _daemon.AssertBalanced();

        public bool Publish(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload)
        {
            if (topic[0] == Topic.Prediction)
                Log.Add($"{Encoding.UTF8.GetString(topic)} {Read.Value(payload.ToArray())["seq"].AsUInt64()}");
            return true;
        }

        public bool Reply(ReadOnlySpan<byte> identity, bool delimiter, ReadOnlySpan<byte> payload)
        {
            Log.Add(Read.Errors(Read.Value(payload.ToArray())).Any() ? "refusal" : "reply");
            return true;
        }

        public void Dispose() => _daemon.Dispose();
    }

    private sealed class FaultyJournal(List<string> log) : IJournal
    {
        public bool Records => true;
        public ulong Written { get; private set; }
        public ulong Durable => Written;
        public string? Fault { get; set; }
        public string? Warning => null;
        public bool CanTake(long bytes) => Fault is null;
        public bool TryReopen() => false;

        public void Append(in FrameRecord record)
        {
            log.Add("record");
            Written++;
        }
    }
}
