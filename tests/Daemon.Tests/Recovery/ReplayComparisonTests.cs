using Realtime.Cells;
using Realtime.Cells.Tests.Support;
using Realtime.Daemon.Configuration;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Hosting;
using Realtime.Daemon.Recovery;
using Realtime.Daemon.Storage;
using Realtime.Daemon.Tests.Simulation;

namespace Realtime.Daemon.Tests.Recovery;

public sealed class ReplayComparisonTests
{
    private static readonly (string, Model)[] Gru = [("*", SmallModels.Gru())];

    [Fact]
    public void Another_model_takes_the_same_ticks_and_is_compared()
    {
        var disk = new SimulatedDisk();
        var other = SmallModels.Gru(8);
        using var daemon = new JournalledDaemon(disk, Gru);
        using var reference = new SimulatedDaemon(models: [("*", other)]);
        var random = new Random(61);
        for (var seq = 1UL; seq <= 100; seq++)
        {
            foreach (var stream in new[] { "one", "two" })
            {
                var tick = Pack.Tick(stream, Math.Round(random.NextDouble(), 3), seq);
                daemon.Daemon.Ingest(tick);
                reference.Ingest(tick);
            }

            if (seq % 7 == 0)
                daemon.Run();
        }

        daemon.Run();
        reference.Run();
        var alone = daemon.Replay();
        Assert.Null(alone.Comparison);
        var report = daemon.Replay(new ReplayPlan { MaxTicks = 3 }, Given(null, other));
        Assert.True(report.IsVerified);
        Assert.Equal((alone.Predictions, alone.States), (report.Predictions, report.States));
        var comparison = report.Comparison!;
        Assert.True(comparison.HasModels);
        Assert.Contains(other.Digest, Assert.Single(comparison.Reasons), StringComparison.Ordinal);
        Assert.Equal(["one", "two"], comparison.Streams.Select(static one => one.Stream).Order());
        Assert.True(comparison.Streams[0].Ratio >= comparison.Streams[1].Ratio);
        foreach (var stream in comparison.Streams)
        {
            var (error, persistence) = Errors(daemon.Daemon, stream.Stream);
            Assert.Equal(99, stream.Recorded.Scored);
            Assert.Equal(error, stream.Recorded.AbsoluteError, 1e-12);
            Assert.Equal(persistence, stream.Recorded.PersistenceAbsoluteError, 1e-12);
            Assert.Equal(Errors(reference, stream.Stream).Error, stream.Other.AbsoluteError, 1e-12);
            var differences = Numbers(daemon.Daemon, stream.Stream).Zip(
                Numbers(reference, stream.Stream), static (a, b) => Math.Abs(a - b)).ToArray();
            Assert.Equal(300, stream.Between.Numbers);
            Assert.Equal(differences.Max(), stream.Between.MaxAbsolute);
            Assert.Equal(differences.Average(), stream.Between.MeanAbsolute, 1e-12);
        }

        Assert.Equal(198, comparison.Recorded.Scored);
        Assert.Equal(
            comparison.Streams.Average(static one => one.Other.AbsoluteError), comparison.Other.AbsoluteError, 1e-12);
    }

    [Fact]
    public void A_model_of_another_shape_takes_hostile_input_all_the_same()
    {
        foreach (var seed in new[] { 62, 63 })
        {
            var disk = new SimulatedDisk();
            var options = SimulatedDaemon.Options(16, streamsMax: 9, GapPolicy.Reset, TimeSpan.FromSeconds(20));
            using var daemon = new JournalledDaemon(disk, options: options, snapshotEvery: TimeSpan.FromSeconds(20));
            daemon.Feed(new HostileInput(seed), 300);
            var other = OfAnotherShape();
            foreach (var cap in new[] { 1, 7, 1024 })
            {
                var plan = new ReplayPlan { From = 60, MaxTicks = cap };
                var report = daemon.Replay(plan, Given("model0", other));
                Assert.True(report.IsVerified);
                Assert.Equal(daemon.Daemon.StatesDigest(), report.States);
                // Streams of the other models are stepped by the recorded ones in both.
                Assert.Contains(report.Comparison!.Streams, static one => one.Between.Numbers > 0);
                Assert.All(
                    report.Comparison.Streams.Where(static one => one.Stream[0] != 'a'),
                    static one => Assert.Equal(0, one.Between.MaxAbsolute));
                Assert.True(report.Comparison.NotCompared > 0);
                Assert.Contains(report.Notices, static one => one.Contains("start anew with the other one"));
            }
        }
    }

    [Fact]
    public void A_state_that_was_put_starts_anew_in_a_model_it_does_not_fit()
    {
        var disk = new SimulatedDisk();
        using var daemon = new JournalledDaemon(disk, Gru);
        daemon.Take(Pack.Tick("s", 1, 5), Pack.Tick("s", 2, 6));
        var state = daemon.Daemon.State("s")!;
        daemon.Daemon.AskBytes(Pack.Op("state.put", ("stream", "copy"), ("state", new Raw(state))));
        daemon.Take(Pack.Tick("copy", 3, 7));
        Assert.NotNull(daemon.Daemon.State("copy"));
        var report = daemon.Replay(null, Given(null, OfAnotherShape()));
        Assert.True(report.IsVerified);
        Assert.Equal(3, report.Ticks);
        Assert.Equal(daemon.Daemon.StatesDigest(), report.States);
        // The copy's first forecast is for its second tick.
        Assert.Equal(0, report.Comparison!.Streams.Single(static one => one.Stream == "copy").Other.Scored);
    }

    [VectorFact]
    public void Another_kernel_is_compared()
    {
        var disk = new SimulatedDisk();
        using var daemon = new JournalledDaemon(disk, options: SimulatedDaemon.Options(16));
        daemon.Feed(new HostileInput(64), 200);
        var report = daemon.Replay(new ReplayPlan { Kernel = Kernels.Scalar });
        Assert.True(report.IsVerified);
        Assert.Equal($"cpu/{Kernels.Available[^1]}", report.Engine);
        Assert.False(report.Comparison!.HasModels);
        Assert.Contains("became cpu/scalar", Assert.Single(report.Comparison.Reasons), StringComparison.Ordinal);
        Assert.Equal(0, report.Comparison.NotCompared);
        Assert.True(report.Comparison.Between.Numbers > report.Ticks);
        Assert.InRange(report.Comparison.Between.MaxRelative, 0, 1e-4);
        Assert.Null(daemon.Replay(new ReplayPlan { Kernel = Kernels.Available[^1] }).Comparison);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Behind_a_start_with_another_model_it_goes_on_with_that_one(bool killed)
    {
        var disk = new SimulatedDisk();
        var options = SimulatedDaemon.Options() with { RecordsPredictions = true };
        var models = new List<LoadedModel>();
        var every = TimeSpan.FromSeconds(30);
        for (var start = 0; start < 3; start++)
        {
            using var daemon = new JournalledDaemon(disk, [("*", SmallModels.Gru(70 + start))], options, every);
            models.AddRange(daemon.Models);
            for (var i = 0; i < 290; i++)
            {
                daemon.Daemon.Ingest(Pack.Tick($"s{i % 3}", Math.Sin(i)));
                daemon.Daemon.Clock.UtcNanoseconds += 300_000_000;
                daemon.Run();
            }

            if (!killed)
                daemon.Daemon.World.Snapshots!.RunLast();
            var report = JournalledDaemon.Replay(disk, models);
            Assert.True(report.IsVerified, $"start {start}: {string.Join("; ", report.Differences)}");
            Assert.Equal(290 * (start + 1), report.Ticks);
            Assert.Equal(report.Ticks, report.RecordedPredictions);
            Assert.Equal(daemon.Daemon.StatesDigest(), report.States);
            Assert.Equal(start * (killed ? 2 : 1), report.Notices.Count);
        }
    }

    [Fact]
    public void A_model_that_is_not_at_hand_is_named_by_its_digest()
    {
        var disk = new SimulatedDisk();
        using var daemon = new JournalledDaemon(disk, Gru);
        daemon.Take(Pack.Tick("s", 1, 1));
        var fault = Assert.Throws<StartException>(() => JournalledDaemon.Replay(disk, []));
        Assert.Equal(ExitCode.Configuration, fault.ExitCode);
        Assert.Contains(SmallModels.Gru().Digest, fault.Message, StringComparison.Ordinal);
        Assert.Contains("--model model0=FILE", fault.Message, StringComparison.Ordinal);
        var report = JournalledDaemon.Replay(disk, [], null, Given(null, SmallModels.Gru()));
        Assert.True(report.IsVerified);
        Assert.Null(report.Comparison);
    }

    [Fact]
    public void A_model_without_a_place_or_for_other_inputs_is_refused()
    {
        var disk = new SimulatedDisk();
        using var daemon = new JournalledDaemon(disk);
        daemon.Take(Pack.Tick("a/1", 1, 1));
        AssertRefused(
            ExitCode.Usage, "found no name, expected NAME=FILE with one of model0, model1", null, OfAnotherShape());
        AssertRefused(ExitCode.Usage, "found no such model in the journal", "pump", OfAnotherShape());
        AssertRefused(
            ExitCode.Configuration, "found inputs a b, expected as many as the recorded x", "model0",
            SmallModels.Lstm());
        AssertRefused(
            ExitCode.Configuration, "the recorded model takes any number", "model0", SmallModels.Tokens());

        void AssertRefused(int code, string text, string? name, Model model)
        {
            var fault = Assert.Throws<StartException>(() => daemon.Replay(null, Given(name, model)));
            Assert.Equal(code, fault.ExitCode);
            Assert.Contains(text, fault.Message, StringComparison.Ordinal);
        }
    }

    private static GivenModel Given(string? name, Model model) =>
        new(name, new LoadedModel(new ModelOptions { Name = name ?? "", File = "given" }, model));

    // One input, another layer, other horizons.
    private static Model OfAnotherShape() => Model.Read(SmallModels.RnnFile(), "other");

    private static IEnumerable<double> Numbers(SimulatedDaemon daemon, string stream) =>
        daemon.Sink.Predictions.Where(one => one.Topic == $"p/{stream}")
            .SelectMany(static one => one.Value["mean"].Items)
            .Select(static horizon => horizon.Items[0].AsDouble()!.Value);

    // From what was published: each value against the forecast, and the value, before it.
    private static (double Error, double Persistence) Errors(SimulatedDaemon daemon, string stream)
    {
        double error = 0, persistence = 0, forecast = double.NaN, last = double.NaN;
        var count = 0;
        foreach (var one in daemon.Sink.Predictions.Where(one => one.Topic == $"p/{stream}"))
        {
            var value = one.Value["values"].Items[0].AsDouble()!.Value;
            if (!double.IsNaN(forecast))
            {
                error += Math.Abs(value - forecast);
                persistence += Math.Abs(value - last);
                count++;
            }

            forecast = one.Value["mean"].Items[0].Items[0].AsDouble()!.Value;
            last = value;
        }

        return (error / count, persistence / count);
    }
}
