using System.Text.Json.Nodes;
using Realtime.Cells;
using Realtime.Daemon.Frames;
using static Realtime.Daemon.Configuration.ValueKinds;

namespace Realtime.Daemon.Configuration;

/// <summary>The table of every setting. The loader, the printed schema and the manual all come from it.</summary>
public static class ConfigurationSchema
{
    private static readonly TimeSpan Forever = TimeSpan.FromDays(3650);

    internal static SettingTable<ModelOptions> Model { get; } = new(
        new Setting<ModelOptions, string>("name", Name, "the model's name in predictions and metrics",
            o => o.Name, (o, v) => o with { Name = v }, isRequired: true),
        new Setting<ModelOptions, string>("file", FilePath,
            "the model file, relative to the configuration file's folder",
            o => o.File, (o, v) => o with { File = v }, isRequired: true),
        new Setting<ModelOptions, IReadOnlyList<string>>("streams", ListOf(Pattern, "patterns", mayBeEmpty: false),
            "patterns of the streams it serves; * is any run of characters, ? is one",
            o => o.Streams, (o, v) => o with { Streams = v }),
        new Setting<ModelOptions, int>("warmTicks", Whole(0, 1_000_000),
            "ticks of each stream's past, from the journal, that a model of another shape is stepped through first",
            o => o.WarmTicks, (o, v) => o with { WarmTicks = v }),
        new Setting<ModelOptions, AdaptOverride?>("adapt", NullOr(AdaptSchema.Kind),
            "the head that each stream learns for itself; null is as streams.adapt and the model file say",
            o => o.Adapt, (o, v) => o with { Adapt = v }));

    internal static SettingTable<SubscribeOptions> Subscription { get; } = new(
        new Setting<SubscribeOptions, string>("endpoint", Endpoint, "a publisher's address",
            o => o.Endpoint, (o, v) => o with { Endpoint = v }, isRequired: true),
        new Setting<SubscribeOptions, bool>("bind", Switch, "bind the address, and let publishers connect",
            o => o.Bind, (o, v) => o with { Bind = v }),
        new Setting<SubscribeOptions, IReadOnlyList<string>>("topics",
            ListOf(Topic, "topic prefixes", mayBeEmpty: false),
            "topic prefixes to subscribe to; the empty one is every topic",
            o => o.Topics, (o, v) => o with { Topics = v }),
        new Setting<SubscribeOptions, string?>("serverKey", NullOr(CurveKey),
            "the publisher's public CURVE key; null connects without encryption",
            o => o.ServerKey, (o, v) => o with { ServerKey = v }));

    internal static SettingTable<RealtimeOptions> Root { get; } = new(
        new Setting<RealtimeOptions, string>("endpoints.ingest", Endpoint, "PULL socket for ticks, fire and forget",
            o => o.Endpoints.Ingest, (o, v) => o with { Endpoints = o.Endpoints with { Ingest = v } }),
        new Setting<RealtimeOptions, string>("endpoints.requests", Endpoint,
            "ROUTER socket for acknowledged ticks and requests",
            o => o.Endpoints.Requests, (o, v) => o with { Endpoints = o.Endpoints with { Requests = v } }),
        new Setting<RealtimeOptions, string>("endpoints.predictions", Endpoint,
            "PUB socket for predictions, events and the heartbeat",
            o => o.Endpoints.Predictions, (o, v) => o with { Endpoints = o.Endpoints with { Predictions = v } }),
        new Setting<RealtimeOptions, IReadOnlyList<SubscribeOptions>>("endpoints.subscribe",
            ListOf(SubscriptionKind(), "addresses or objects with endpoint, bind, topics, serverKey"),
            "other people's publishers to take ticks from",
            o => o.Endpoints.Subscribe, (o, v) => o with { Endpoints = o.Endpoints with { Subscribe = v } }),
        new Setting<RealtimeOptions, IReadOnlyList<ModelOptions>?>("models",
            NullOr(ListOf(ObjectOf(Model, EmptyModel, "name, file, streams, warmTicks, adapt"), "models",
                mayBeEmpty: false)),
            "models by stream pattern, first match wins; null is the built-in model, named default, for every stream",
            o => o.Models, (o, v) => o with { Models = v }),
        new Setting<RealtimeOptions, int>("streams.max", Whole(1, 100_000_000), "streams the daemon holds at most",
            o => o.Streams.Max, (o, v) => o with { Streams = o.Streams with { Max = v } }),
        new Setting<RealtimeOptions, TimeSpan?>("streams.idleAfter",
            OrNull(Time(TimeSpan.FromMilliseconds(1), Forever)),
            "a stream without a tick for this long is evicted; null keeps it for ever",
            o => o.Streams.IdleAfter, (o, v) => o with { Streams = o.Streams with { IdleAfter = v } }),
        new Setting<RealtimeOptions, GapPolicy>("streams.onGap", Choice<GapPolicy>(),
            "at missing ticks: step on, impute each missing tick, or reset the state",
            o => o.Streams.OnGap, (o, v) => o with { Streams = o.Streams with { OnGap = v } }),
        new Setting<RealtimeOptions, AdaptOverride?>("streams.adapt", NullOr(AdaptSchema.Kind),
            "the head that each stream learns for itself, of every model that does not say otherwise; null is as "
                + "the model file says",
            o => o.Streams.Adapt, (o, v) => o with { Streams = o.Streams with { Adapt = v } }),
        new Setting<RealtimeOptions, double?>("anomalies.threshold", OrNull(Number(0, 1)),
            "a stream whose anomaly score reaches this is told of under a/<stream>; null tells of none",
            o => o.Anomalies.Threshold, (o, v) => o with { Anomalies = o.Anomalies with { Threshold = v } }),
        new Setting<RealtimeOptions, double>("anomalies.clear", Number(0, 1),
            "the anomaly is over where the score falls below this, and may be told of again; at most the threshold",
            o => o.Anomalies.Clear, (o, v) => o with { Anomalies = o.Anomalies with { Clear = v } }),
        new Setting<RealtimeOptions, int>("limits.frame", Whole(64, 67_108_864),
            "bytes of the largest message frame; over 16 times this the connection is closed",
            o => o.Limits.Frame, (o, v) => o with { Limits = o.Limits with { Frame = v } }),
        new Setting<RealtimeOptions, long?>("limits.memory", OrNull(Bytes(4096)),
            "bytes the stream table may hold; null is unlimited",
            o => o.Limits.Memory, (o, v) => o with { Limits = o.Limits with { Memory = v } }),
        new Setting<RealtimeOptions, int>("limits.connections", Whole(1, 1_000_000), "connections held at most",
            o => o.Limits.Connections, (o, v) => o with { Limits = o.Limits with { Connections = v } }),
        new Setting<RealtimeOptions, int>("limits.predictions", Whole(1, 10_000_000),
            "predictions and events that may wait for one subscriber; more are dropped for it",
            o => o.Limits.Predictions, (o, v) => o with { Limits = o.Limits with { Predictions = v } }),
        new Setting<RealtimeOptions, long>("limits.replies", Bytes(1_048_576),
            "bytes of replies that may wait for clients to read, a quarter of it for one client",
            o => o.Limits.Replies, (o, v) => o with { Limits = o.Limits with { Replies = v } }),
        new Setting<RealtimeOptions, int>("frame.maxTicks", Whole(1, 1_048_576),
            "ticks one turn of the loop takes at most",
            o => o.Frame.MaxTicks, (o, v) => o with { Frame = o.Frame with { MaxTicks = v } }),
        new Setting<RealtimeOptions, IdleMode>("frame.idle", Choice<IdleMode>(),
            "without work: block on the sockets, or spin for the lowest latency at the price of one core",
            o => o.Frame.Idle, (o, v) => o with { Frame = o.Frame with { Idle = v } }),
        new Setting<RealtimeOptions, string?>("state.directory", NullOr(FilePath),
            "folder of journal and snapshots; null keeps state in memory only",
            o => o.State.Directory, (o, v) => o with { State = o.State with { Directory = v } }),
        new Setting<RealtimeOptions, Durability>("state.durability", Choice<Durability>(),
            "what an acknowledgement waits for: nothing, the operating system, or the disk",
            o => o.State.Durability, (o, v) => o with { State = o.State with { Durability = v } }),
        new Setting<RealtimeOptions, TimeSpan>("state.snapshotEvery", Time(TimeSpan.FromMilliseconds(10), Forever),
            "time between snapshots, which bounds the time a restart takes",
            o => o.State.SnapshotEvery, (o, v) => o with { State = o.State with { SnapshotEvery = v } }),
        new Setting<RealtimeOptions, TimeSpan>("state.keep", Time(TimeSpan.Zero, Forever),
            "how long journal files are kept that no restart needs",
            o => o.State.Keep, (o, v) => o with { State = o.State with { Keep = v } }),
        new Setting<RealtimeOptions, long?>("state.maxBytes", OrNull(Bytes(4096)),
            "bytes the state folder may take; null is unlimited",
            o => o.State.MaxBytes, (o, v) => o with { State = o.State with { MaxBytes = v } }),
        new Setting<RealtimeOptions, bool>("state.recordPredictions", Switch,
            "keeps predictions in the journal beside the ticks, for replay --verify stream by stream",
            o => o.State.RecordPredictions, (o, v) => o with { State = o.State with { RecordPredictions = v } }),
        new Setting<RealtimeOptions, bool>("state.restoredEvents", Switch,
            "publishes an event for each stream that a start brings back; a summary is always logged",
            o => o.State.RestoredEvents, (o, v) => o with { State = o.State with { RestoredEvents = v } }),
        new Setting<RealtimeOptions, string?>("http.endpoint", NullOr(HttpEndpoint),
            "health, metrics and the dashboard; null serves no HTTP",
            o => o.Http.Endpoint, (o, v) => o with { Http = o.Http with { Endpoint = v } }),
        new Setting<RealtimeOptions, string?>("http.token", NullOr(SecretPath),
            "file or credential:NAME with the bearer token that readers present; null asks for none",
            o => o.Http.Token, (o, v) => o with { Http = o.Http with { Token = v } }),
        new Setting<RealtimeOptions, EngineKind>("engine.kind", Choice<EngineKind>(),
            "what steps the models; auto takes what measures fastest",
            o => o.Engine.Kind, (o, v) => o with { Engine = o.Engine with { Kind = v } }),
        new Setting<RealtimeOptions, string>("engine.kernel", Choice([Kernels.Auto, .. Kernels.All]),
            "the CPU kernel; auto takes the widest this machine has",
            o => o.Engine.Kernel, (o, v) => o with { Engine = o.Engine with { Kernel = v } }),
        new Setting<RealtimeOptions, int>("engine.threads", Whole(1, 1024), "threads that step a wave",
            o => o.Engine.Threads, (o, v) => o with { Engine = o.Engine with { Threads = v } }),
        new Setting<RealtimeOptions, string?>("engine.device", NullOr(Device()),
            "GPU or other device by index or part of its name; null takes the first GPU",
            o => o.Engine.Device, (o, v) => o with { Engine = o.Engine with { Device = v } }),
        new Setting<RealtimeOptions, CurveOptions?>("security.curve", NullOr(SecuritySchema.CurveKind),
            "CURVE keys on every socket, the daemon's and its clients'; null is neither encryption nor keys",
            o => o.Security.Curve, (o, v) => o with { Security = o.Security with { Curve = v } }),
        new Setting<RealtimeOptions, bool>("security.insecure", Switch,
            "serve other machines without keys: whoever reaches an address may do everything",
            o => o.Security.Insecure, (o, v) => o with { Security = o.Security with { Insecure = v } }),
        new Setting<RealtimeOptions, bool>("telemetry.histograms", Switch,
            "measure the latency and age of ticks, and the frames",
            o => o.Telemetry.Histograms, (o, v) => o with { Telemetry = o.Telemetry with { Histograms = v } }),
        new Setting<RealtimeOptions, bool>("telemetry.stageHistograms", Switch, "measure each stage of the frame",
            o => o.Telemetry.StageHistograms,
            (o, v) => o with { Telemetry = o.Telemetry with { StageHistograms = v } }),
        new Setting<RealtimeOptions, TimeSpan>("telemetry.staleAfter", Time(TimeSpan.FromMilliseconds(1), Forever),
            "a stream without a tick for this long counts as stale",
            o => o.Telemetry.StaleAfter, (o, v) => o with { Telemetry = o.Telemetry with { StaleAfter = v } }),
        new Setting<RealtimeOptions, string?>("telemetry.rawSamples", NullOr(FilePath),
            "file that gets the latency of each tick, up to two million, when the daemon ends; to check histograms by",
            o => o.Telemetry.RawSamples, (o, v) => o with { Telemetry = o.Telemetry with { RawSamples = v } }),
        new Setting<RealtimeOptions, TimeSpan>("stop.timeout", Time(TimeSpan.Zero, TimeSpan.FromHours(1)),
            "time a stop may take to finish the frame and write a snapshot",
            o => o.Stop.Timeout, (o, v) => o with { Stop = o.Stop with { Timeout = v } }));

    /// <summary>Every setting, those of list elements behind their list.</summary>
    public static IReadOnlyList<Setting> All { get; } = [.. Root.Rows.SelectMany(Describe)];

    /// <summary>The settings that <c>--set</c> takes: those of a list's elements, or of another setting, are not among
    /// them.</summary>
    public static IReadOnlyList<Setting> Keys { get; } =
        [.. Root.Rows.Select(static row => row.Describe("", new RealtimeOptions()))];

    /// <summary>JSON Schema of the configuration file, for editors and checks elsewhere.</summary>
    public static JsonObject Json()
    {
        var schema = Root.Schema(new RealtimeOptions());
        schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
        schema["title"] = "realtimed.json";
        return schema;
    }

    /// <summary>Every setting with its value in these options, as JSON.</summary>
    public static IEnumerable<(string Key, string Value)> Values(RealtimeOptions options) =>
        Root.Rows.Select(row => (row.Key, row.Format(options)));

    private static IEnumerable<Setting> Describe(Setting<RealtimeOptions> row)
    {
        var elements = row.Key switch
        {
            "models" => Model.Rows.Select(r => r.Describe("models[].", EmptyModel))
                .Concat(AdaptSchema.Describe("models[].adapt.")),
            "endpoints.subscribe" =>
                Subscription.Rows.Select(r => r.Describe("endpoints.subscribe[].", EmptySubscription)),
            "security.curve" => SecuritySchema.Describe(),
            _ => [],
        };
        return elements.Prepend(row.Describe("", new RealtimeOptions()));
    }

    private static ModelOptions EmptyModel => new() { Name = "", File = "" };

    private static SubscribeOptions EmptySubscription => new() { Endpoint = "" };

    private static ValueKind<SubscribeOptions> SubscriptionKind() => new(
        "string or object", "an address or an object with endpoint, bind, topics, serverKey",
        NodeKinds.Text | NodeKinds.Object,
        (GivenValue given, out SubscribeOptions value) =>
        {
            value = EmptySubscription;
            if (given.Node.Kind == NodeKinds.Object)
            {
                value = Subscription.Read(value, given.Node, "", given.Key + ".", given.Report);
                return true;
            }
            if (given.Node.Kind != NodeKinds.Text)
            {
                return given.Mismatch();
            }
            var row = Subscription.Find("endpoint")!;
            value = row.Apply(value, given.Node, given.Key + ".endpoint", given.Report);
            return true;
        },
        Subscription.Format)
    {
        MakeSchema = static () => JsonSchemas.AnyOf(
            Subscription.Find("endpoint")!.Schema(EmptySubscription), Subscription.Schema(EmptySubscription)),
    };

    // An index may be written as a number.
    private static ValueKind<string> Device() => new(
        "string or integer", "part of a device's name or its index", NodeKinds.Text | NodeKinds.Number,
        (GivenValue given, out string value) =>
        {
            value = given.Node.Text;
            var good = given.Node.Kind == NodeKinds.Text ? value.Length > 0
                : given.Node.Kind == NodeKinds.Number && value.All(char.IsAsciiDigit);
            return good || given.Mismatch();
        },
        ConfigurationNode.Quote)
    {
        MakeSchema = static () => JsonSchemas.AnyOf(JsonSchemas.Text("."), JsonSchemas.Whole(0, null)),
    };
}
