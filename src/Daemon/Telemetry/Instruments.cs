using System.Globalization;
using System.Text;
using Realtime.Daemon.Frames.Access;
using Realtime.Daemon.Frames.Meters;
using Realtime.Protocol;

namespace Realtime.Daemon.Telemetry;

/// <summary>The table of the daemon's own metrics: OTLP and Prometheus both come from it.</summary>
internal static class Instruments
{
    /// <summary>Name of the meter.</summary>
    public const string Meter = "Realtime";

    public const string TickLatency = "realtime.tick.latency";

    private static readonly ErrorCode[] Rejections =
    [
        ErrorCode.Malformed, ErrorCode.UnknownStream, ErrorCode.Shape, ErrorCode.TooLate, ErrorCode.Unsupported,
        ErrorCode.TooLarge, ErrorCode.NotAllowed,
    ];

    private static readonly ErrorCode[] Refusals = [ErrorCode.Refused, ErrorCode.NotDurable, ErrorCode.NotNext];

    // The first one is asked first in a collection.
    public static IReadOnlyList<Instrument> All { get; } =
    [
        Counter("realtime.ticks.received", "{tick}", "Ticks received",
            static (reading, to) => to.Add(reading.Loop.Received)),
        Counter("realtime.ticks", "{tick}", "Ticks by what became of them; their sum is what was received",
            MeasureTicks),
        Counter("realtime.predictions", "{prediction}",
            "Predictions handed to the prediction socket, and those it would not take", MeasurePredictions),
        Counter("realtime.frames", "{frame}", "Turns of the loop that had work",
            static (reading, to) => to.Add(reading.Loop.Frames)),
        Counter("realtime.requests", "{request}", "Control requests",
            static (reading, to) => to.Add(reading.Loop.Requests)),
        Counter("realtime.replies.undeliverable", "{reply}", "Replies whose client was gone or did not read",
            static (reading, to) => to.Add(reading.Loop.Undeliverable)),
        Counter("realtime.ticks.imputed", "{tick}", "Steps over ticks that never came",
            static (reading, to) => to.Add(reading.Loop.Imputed)),
        Counter("realtime.events", "{event}", "Events of streams, and ticks whose time went backwards", MeasureEvents),
        Histogram(TickLatency, "s", "From receipt of a tick by the loop to hand-over of its prediction",
            (-20, 3, 0.5), static (reading, to) => OfModels(reading, to, static model => model.Latency)),
        Histogram("realtime.tick.age", "s", "From the tick's own time to hand-over of its prediction",
            (-14, 14, 1), static (reading, to) => OfModels(reading, to, static model => model.Age)),
        Histogram("realtime.stage.duration", "s", "Time a frame spends in a stage; the stages add up to the frame",
            (-22, 0, 1), MeasureStages),
        Histogram("realtime.frame.duration", "s", "Time from the begin of ingest to the end of emit",
            (-20, 3, 1), static (reading, to) => to.Add(reading.Loop.FrameDuration)),
        Histogram("realtime.frame.ticks", "{tick}", "Ticks received in a frame",
            (0, 14, 1), static (reading, to) => to.Add(reading.Loop.FrameTicks)),
        Gauge("realtime.streams", "{stream}", "Streams that a model serves",
            static (reading, to) => OfModels(reading, to, static model => model.Streams)),
        Gauge("realtime.streams.stale", "{stream}", "Streams without a tick for telemetry.staleAfter",
            static (reading, to) => OfModels(reading, to, static model => model.Health?.Stale ?? 0)),
        Gauge("realtime.streams.scored", "{stream}", "Streams whose forecast error can be told in persistence's",
            static (reading, to) => OfModels(reading, to, static model => model.Health?.Scored ?? 0)),
        Gauge("realtime.streams.worse", "{stream}", "Streams whose forecasts do worse than persistence lately",
            static (reading, to) => OfModels(reading, to, static model => model.Health?.Worse ?? 0)),
        Gauge("realtime.streams.fallback", "{stream}", "Streams whose last forecast was their last value",
            static (reading, to) => OfModels(reading, to, static model => model.Health?.Fallback ?? 0)),
        Gauge("realtime.streams.frozen", "{stream}", "Streams whose last forecast came of the frozen head",
            static (reading, to) => OfModels(reading, to, static model => model.Health?.Frozen ?? 0)),
        Gauge("realtime.streams.anomalous", "{stream}", "Streams with an anomaly that has not ended",
            static (reading, to) => OfModels(reading, to, static model => model.Health?.Anomalous ?? 0)),
        Gauge("realtime.model.error", "",
            "Rolling mean absolute error in persistence's, the geometric mean of the streams", MeasureErrors),
        Gauge("realtime.model.coverage", "",
            "Share of values that the intervals of a level held lately, the mean of the streams", MeasureCoverage),
        Gauge("realtime.streams.limit", "{stream}", "Streams the daemon holds at most",
            static (reading, to) => to.Add(reading.Loop.StreamsMax)),
        Gauge("realtime.state.bytes", "By", "Bytes held for a model's streams",
            static (reading, to) => OfModels(reading, to, static model => model.StateBytes)),
        Gauge("realtime.stream.bytes", "By", "Bytes that one stream of a model takes",
            static (reading, to) => OfModels(reading, to, static model => model.StreamBytes)),
        Gauge("realtime.journal.lag", "{record}", "Records that are not as durable yet as was asked for",
            static (reading, to) => OfState(reading, to, reading.Loop.JournalLag)),
        Gauge("realtime.journal.trouble", "", "1 while the disk has ticks refused or held up",
            static (reading, to) => OfState(reading, to, reading.Loop.HasTrouble ? 1 : 0)),
        Histogram("realtime.snapshot.duration", "s", "Time from the begin of a snapshot until it is durable",
            (-10, 7, 1), static (reading, to) => OfSnapshots(reading, s => to.Add(s.Duration))),
        Counter("realtime.snapshots", "{snapshot}", "Snapshots of the world by how they ended", MeasureSnapshots),
        Gauge("realtime.snapshot.bytes", "By", "Size of the last snapshot",
            static (reading, to) => OfSnapshots(reading, s => to.Add(s.Bytes))),
        Gauge("realtime.recovery.records", "{record}",
            "Records that this start replayed, so far; none after an orderly stop",
            static (reading, to) => OfRecovery(reading, to, static progress => progress.Records)),
        Gauge("realtime.recovery.ticks", "{tick}", "Ticks that this start replayed, so far",
            static (reading, to) => OfRecovery(reading, to, static progress => progress.Ticks)),
        Gauge("realtime.recovery.duration", "s", "Time this start took to bring the world back", MeasureRecovery),
        Gauge("realtime.serving", "", "1 once the loop serves, 0 while the world is brought back",
            static (reading, to) => to.Add(reading.IsServing ? 1 : 0)),
        Gauge("realtime.uptime", "s", "Time since the loop began", static (reading, to) => to.Add(reading.Loop.Uptime)),
        Counter("realtime.reloads", "{reload}", "Readings of configuration and models while running, by how they ended",
            MeasureReloads),
        Counter("realtime.limits", "{hit}", "Limits that clients ran into", MeasureLimits),
        Gauge("realtime.connections", "{connection}", "Connections now, those that have not shaken hands too",
            static (reading, to) => OfLimits(reading, limits => to.Add(limits.Open))),
        Counter("realtime.traces", "{tick}", "Ticks that were to be traced, by whether they were", MeasureTraces),
    ];

    private static Instrument Counter(
        string name, string unit, string description, Action<Reading, Observations> measure) =>
        new(name, InstrumentKind.Counter, unit, description, measure);

    private static Instrument Gauge(
        string name, string unit, string description, Action<Reading, Observations> measure) =>
        new(name, InstrumentKind.Gauge, unit, description, measure);

    private static Instrument Histogram(
        string name, string unit, string description, (double, double, double) bounds,
        Action<Reading, Observations> measure) =>
        new(name, InstrumentKind.Histogram, unit, description, measure) { Bounds = bounds };

    private static void MeasureTicks(Reading reading, Observations to)
    {
        var loop = reading.Loop;
        to.Add(loop.Stepped, new Label("outcome", "stepped"));
        to.Add(loop.Duplicate, new Label("outcome", "duplicate"));
        foreach (var code in Enum.GetValues<ErrorCode>())
        {
            Add("rejected", code, loop.Rejected(code), Rejections);
            Add("refused", code, loop.Refused(code), Refusals);
        }

        void Add(string outcome, ErrorCode code, long ticks, ErrorCode[] usual)
        {
            if (ticks != 0 || usual.Contains(code))
                to.Add(ticks, new Label("outcome", outcome), new Label("reason", code.Reason()));
        }
    }

    private static void MeasurePredictions(Reading reading, Observations to)
    {
        foreach (var model in reading.Loop.Models)
        {
            to.Add(model.Sent, new Label("model", model.Name), new Label("outcome", "sent"));
            to.Add(model.Dropped, new Label("model", model.Name), new Label("outcome", "dropped"));
        }
    }

    private static void MeasureEvents(Reading reading, Observations to)
    {
        foreach (var kind in Enum.GetValues<StreamEventKind>())
            to.Add(reading.Loop.Events(kind), new Label("event", Encoding.UTF8.GetString(kind.Name())));
        to.Add(reading.Loop.Late, new Label("event", "late"));
    }

    private static void MeasureErrors(Reading reading, Observations to)
    {
        foreach (var model in reading.Loop.Models)
            if (model.Health is { Scored: > 0 } health)
                to.Add(health.ErrorRatio, new Label("model", model.Name));
    }

    private static void MeasureCoverage(Reading reading, Observations to)
    {
        foreach (var model in reading.Loop.Models)
        {
            if (model.Health is not { Judged: > 0 } health)
                continue;
            for (var level = 0; level < health.Levels.Count; level++)
            {
                var name = health.Levels[level].ToString("R", CultureInfo.InvariantCulture);
                to.Add(health.Coverage(level), new Label("model", model.Name), new Label("level", name));
            }
        }
    }

    private static void MeasureReloads(Reading reading, Observations to)
    {
        to.Add(reading.Loop.ReloadsOk, new Label("outcome", "ok"));
        to.Add(reading.Loop.ReloadsFailed, new Label("outcome", "failed"));
    }

    private static void MeasureStages(Reading reading, Observations to)
    {
        foreach (var stage in Enum.GetValues<Stage>())
        {
            var name = stage.ToString().ToLowerInvariant();
            to.Add(reading.Loop.Stages[(int)stage], new Label("stage", name));
        }
    }

    private static void MeasureSnapshots(Reading reading, Observations to) => OfSnapshots(reading, snapshots =>
    {
        to.Add(snapshots.Duration.Count, new Label("outcome", "ok"));
        to.Add(snapshots.Failed, new Label("outcome", "failed"));
    });

    private static void MeasureRecovery(Reading reading, Observations to)
    {
        if (reading.Loop.Recovery is { } recovery)
            to.Add(recovery.Seconds);
    }

    private static void MeasureLimits(Reading reading, Observations to) => OfLimits(reading, limits =>
    {
        to.Add(limits.Rate, new Label("limit", "rate"));
        to.Add(limits.NotAllowed, new Label("limit", "rights"));
        to.Add(limits.Subscriptions, new Label("limit", "subscriptions"));
        to.Add(limits.Replies, new Label("limit", "replies"));
        to.Add(limits.Connections, new Label("limit", "connections"));
        to.Add(limits.Strangers, new Label("limit", "strangers"));
    });

    private static void OfLimits(Reading reading, Action<LimitHits> tell)
    {
        if (reading.Loop.Limits is { } limits)
            tell(limits);
    }

    private static void MeasureTraces(Reading reading, Observations to)
    {
        if (reading.Vitals.Traces is not { } traces)
            return;
        to.Add(traces.Taken, new Label("outcome", "traced"));
        to.Add(traces.Dropped, new Label("outcome", "dropped"));
    }

    private static void OfModels(Reading reading, Observations to, Func<ModelMeters, ExponentialHistogram> part)
    {
        foreach (var model in reading.Loop.Models)
            to.Add(part(model), new Label("model", model.Name));
    }

    private static void OfModels(Reading reading, Observations to, Func<ModelMeters, long> part)
    {
        foreach (var model in reading.Loop.Models)
            to.Add(part(model), new Label("model", model.Name));
    }

    private static void OfState(Reading reading, Observations to, long value)
    {
        if (reading.Loop.IsDurable)
            to.Add(value);
    }

    private static void OfSnapshots(
        Reading reading, Action<(ExponentialHistogram Duration, long Failed, long Bytes)> tell)
    {
        if (reading.Vitals.Snapshots is { } snapshots)
            tell(snapshots.Read());
    }

    private static void OfRecovery(Reading reading, Observations to, Func<RecoveryTotals, long> part)
    {
        if (RecoveryTotals.Of(reading) is { } totals)
            to.Add(part(totals));
    }

    // What a finished recovery says is whole; its progress is told now and then only.
    private sealed record RecoveryTotals(long Records, long Ticks)
    {
        public static RecoveryTotals? Of(Reading reading) => (reading.Loop.Recovery, reading.Vitals.Recovery) switch
        {
            ({ } whole, _) => new RecoveryTotals(whole.Records, whole.Ticks),
            (null, { } progress) => new RecoveryTotals(progress.Records, progress.Ticks),
            _ => null,
        };
    }
}
