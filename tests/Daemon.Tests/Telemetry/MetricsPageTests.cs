using Realtime.Daemon.Frames.Meters;
using Realtime.Daemon.Recovery;
using Realtime.Daemon.Telemetry;
using Realtime.Daemon.Tests.Simulation;

namespace Realtime.Daemon.Tests.Telemetry;

public sealed class MetricsPageTests
{
    [Fact]
    public void It_says_what_the_loop_has_counted()
    {
        using var daemon = new SimulatedDaemon(models: HostileInput.Models);
        daemon.Take(
            Pack.Tick("a/1", 1.0, 1UL), Pack.Tick("a/1", 1.0, 1UL), Pack.Tick("b/1", 1.0, 1UL), [0xc1],
            Pack.Tick("none", 1.0), Pack.Tick("a/2", 1.0, 5UL));
        var page = PageOf(daemon);
        Assert.Equal(6, page["realtime_ticks_received_total"]);
        Assert.Equal(6, page.SumOf("realtime_ticks_total{"));
        Assert.Equal(2, page["realtime_ticks_total{outcome=\"stepped\"}"]);
        Assert.Equal(1, page["realtime_ticks_total{outcome=\"duplicate\"}"]);
        Assert.Equal(1, page["realtime_ticks_total{outcome=\"rejected\",reason=\"malformed\"}"]);
        Assert.Equal(1, page["realtime_ticks_total{outcome=\"rejected\",reason=\"unknown stream\"}"]);
        Assert.Equal(1, page["realtime_ticks_total{outcome=\"rejected\",reason=\"shape\"}"]);
        Assert.Equal(2, page["realtime_predictions_total{model=\"model0\",outcome=\"sent\"}"]);
        Assert.Equal(2, page["realtime_tick_latency_seconds_count{model=\"model0\"}"]);
        Assert.Equal(2, page["realtime_tick_latency_seconds_bucket{model=\"model0\",le=\"+Inf\"}"]);
        Assert.Equal(2, page["realtime_streams{model=\"model0\"}"]);
        Assert.Equal(0, page["realtime_streams{model=\"model1\"}"]);
        Assert.Equal(1, page["realtime_serving"]);
        Assert.Equal(daemon.World.Models[0].Bytes, page["realtime_state_bytes{model=\"model0\"}"]);
        // A world without a journal has no lag of one.
        Assert.DoesNotContain("realtime_journal_lag", page.Keys);
    }

    [Fact]
    public void Buckets_grow_and_powers_of_two_are_among_their_bounds()
    {
        using var daemon = new SimulatedDaemon();
        for (var i = 0; i < 50; i++)
            daemon.Take(Pack.Tick($"s{i}", 1.0));
        var page = PageOf(daemon);
        var buckets = page.Keys.Where(static key => key.StartsWith("realtime_tick_latency_seconds_bucket"))
            .Select(key => page[key]).ToArray();
        Assert.Equal(48, buckets.Length);
        Assert.Equal(buckets.Order(), buckets);
        Assert.Equal(50, buckets[^1]);
        // The rules' budget.
        Assert.Contains("realtime_tick_latency_seconds_bucket{model=\"model0\",le=\"0.00390625\"}", page.Keys);
        Assert.Equal(1, page["realtime_frame_ticks_bucket{le=\"1\"}"] / page["realtime_frame_ticks_count"]);
    }

    [Fact]
    public void Kinds_are_named_as_prometheus_wants_them()
    {
        using var daemon = new SimulatedDaemon();
        daemon.Take(Pack.Tick("a", 1.0));
        var page = PageOf(daemon);
        Assert.All(page.Types, static type => Assert.Equal(
            type.Value == "counter", type.Key.EndsWith("_total", StringComparison.Ordinal)));
        Assert.Equal("histogram", page.Types["realtime_stage_duration_seconds"]);
        Assert.Equal("gauge", page.Types["realtime_state_bytes"]);
        Assert.Equal("counter", page.Types["dotnet_gc_pause_time_seconds_total"]);
    }

    // What the outside relies on.
    [Theory]
    [InlineData("realtime.tick.latency", "s", "Histogram")]
    [InlineData("realtime.tick.age", "s", "Histogram")]
    [InlineData("realtime.stage.duration", "s", "Histogram")]
    [InlineData("realtime.frame.ticks", "{tick}", "Histogram")]
    [InlineData("realtime.ticks.received", "{tick}", "Counter")]
    [InlineData("realtime.ticks", "{tick}", "Counter")]
    [InlineData("realtime.predictions", "{prediction}", "Counter")]
    [InlineData("realtime.streams", "{stream}", "Gauge")]
    [InlineData("realtime.events", "{event}", "Counter")]
    [InlineData("realtime.state.bytes", "By", "Gauge")]
    [InlineData("realtime.journal.lag", "{record}", "Gauge")]
    [InlineData("realtime.snapshot.duration", "s", "Histogram")]
    public void Instruments_keep_their_names(string name, string unit, string kind)
    {
        var instrument = Assert.Single(Instruments.All, one => one.Name == name);
        Assert.Equal((unit, kind), (instrument.Unit, instrument.Kind.ToString()));
    }

    [Fact]
    public void Every_instrument_is_in_the_documentation()
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, "docs", "telemetry.md"));
        Assert.All(Instruments.All, one => Assert.Contains($"`{one.Name}`", text, StringComparison.Ordinal));
    }

    [Fact]
    public void Labels_are_escaped()
    {
        var text = new PrometheusText();
        text.AddGauge("a", "b\\c", 1.5, new Label("x.y", "1\"2\\3\n4"));
        Assert.Equal("# HELP a b\\\\c\n# TYPE a gauge\na{x_y=\"1\\\"2\\\\3\\n4\"} 1.5\n", text.ToString());
    }

    [Fact]
    public void A_start_tells_how_far_it_has_come()
    {
        var progress = new RecoveryProgress();
        progress.Tell(7, 70);
        var page = new Samples(MetricsPage.Write(new Reading(
            new MeterCopy(), new Vitals { Recovery = progress, Snapshots = new SnapshotMeter() }, false)));
        Assert.Equal((0, 7, 70), (
            page["realtime_serving"], page["realtime_recovery_records"], page["realtime_recovery_ticks"]));
        Assert.Equal(0, page["realtime_snapshots_total{outcome=\"failed\"}"]);
    }

    [Fact]
    public void Snapshots_are_told_apart_by_how_they_ended()
    {
        var meter = new SnapshotMeter();
        meter.Add(new SnapshotOutcome(1, 10, 1000, 0.5, null));
        meter.Add(new SnapshotOutcome(2, 10, 2000, 0.25, null));
        meter.Add(new SnapshotOutcome(3, 10, 3000, 0.25, "disk full"));
        var page = new Samples(MetricsPage.Write(new Reading(
            new MeterCopy(), new Vitals { Snapshots = meter }, false)));
        Assert.Equal((2, 1, 2000), (
            page["realtime_snapshots_total{outcome=\"ok\"}"], page["realtime_snapshots_total{outcome=\"failed\"}"],
            page["realtime_snapshot_bytes"]));
        Assert.Equal((2, 0.75), (
            page["realtime_snapshot_duration_seconds_count"], page["realtime_snapshot_duration_seconds_sum"]));
    }

    [Fact]
    public void Streams_without_ticks_for_long_are_stale()
    {
        using var daemon = new SimulatedDaemon(new() { StaleAfter = TimeSpan.FromSeconds(10) });
        daemon.Take(Pack.Tick("a", 1.0), Pack.Tick("b", 1.0));
        Rest(daemon, 8);
        Assert.Equal(0, PageOf(daemon)["realtime_streams_stale{model=\"model0\"}"]);
        daemon.Take(Pack.Tick("b", 1.0));
        Rest(daemon, 4);
        Assert.Equal(1, PageOf(daemon)["realtime_streams_stale{model=\"model0\"}"]);
        daemon.Take(Pack.Tick("a", 1.0));
        Rest(daemon, 4);
        Assert.Equal(0, PageOf(daemon)["realtime_streams_stale{model=\"model0\"}"]);
    }

    private static void Rest(SimulatedDaemon daemon, int seconds)
    {
        for (var i = 0; i < 2 * seconds; i++)
        {
            daemon.Clock.UtcNanoseconds += SimulatedClock.Second / 2;
            daemon.Loop.RunFrame();
        }
    }

    internal static Samples PageOf(SimulatedDaemon daemon)
    {
        var copy = new MeterCopy();
        daemon.Loop.Meters.CopyTo(copy);
        return new Samples(MetricsPage.Write(new Reading(copy, new Vitals(), true)));
    }
}
