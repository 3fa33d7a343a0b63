using Realtime.Daemon.Frames;

namespace Realtime.Daemon.Configuration;

/// <summary>The whole configuration; one record per section of the file, every default the built-in one.</summary>
public sealed record RealtimeOptions
{
    public EndpointOptions Endpoints { get; init; } = new();

    /// <summary>Models by stream pattern, first match wins; null is the built-in one, "default", for "*".</summary>
    public IReadOnlyList<ModelOptions>? Models { get; init; }

    public StreamOptions Streams { get; init; } = new();
    public AnomalyOptions Anomalies { get; init; } = new();
    public LimitOptions Limits { get; init; } = new();
    public FrameOptions Frame { get; init; } = new();
    public StateOptions State { get; init; } = new();
    public HttpOptions Http { get; init; } = new();
    public EngineOptions Engine { get; init; } = new();
    public SecurityOptions Security { get; init; } = new();
    public TelemetryOptions Telemetry { get; init; } = new();
    public StopOptions Stop { get; init; } = new();

    /// <summary>The part that the frame loop is told.</summary>
    public LoopOptions ForLoop() => new()
    {
        FrameLimit = Limits.Frame,
        MaxTicks = Frame.MaxTicks,
        Idle = Frame.Idle,
        StreamsMax = Streams.Max,
        IdleAfter = Streams.IdleAfter,
        OnGap = Streams.OnGap,
        AnomalyThreshold = Anomalies.Threshold,
        AnomalyClear = Anomalies.Clear,
        MemoryMax = Limits.Memory,
        RecordsPredictions = State.RecordPredictions,
        Histograms = Telemetry.Histograms,
        StageHistograms = Telemetry.StageHistograms,
        StaleAfter = Telemetry.StaleAfter,
        RawSamples = Telemetry.RawSamples is not null,
    };
}

/// <summary>ZeroMQ endpoints the daemon binds, and other people's publishers it subscribes to.</summary>
public sealed record EndpointOptions
{
    public string Ingest { get; init; } = "tcp://127.0.0.1:5570";
    public string Requests { get; init; } = "tcp://127.0.0.1:5571";
    public string Predictions { get; init; } = "tcp://127.0.0.1:5572";
    public IReadOnlyList<SubscribeOptions> Subscribe { get; init; } = [];
}

/// <summary>One SUB socket; in the file a plain string is an endpoint to connect to, with every topic.</summary>
public sealed record SubscribeOptions
{
    public required string Endpoint { get; init; }
    public bool Bind { get; init; }
    public IReadOnlyList<string> Topics { get; init; } = [""];

    /// <summary>The publisher's public CURVE key; null connects without encryption.</summary>
    public string? ServerKey { get; init; }
}

/// <summary>A model and the streams it serves; <see cref="File"/> is an absolute path once loaded.</summary>
public sealed record ModelOptions
{
    public required string Name { get; init; }
    public required string File { get; init; }
    public IReadOnlyList<string> Streams { get; init; } = ["*"];

    /// <summary>Ticks of each stream's past that a model of another shape is stepped through before it serves.
    /// </summary>
    public int WarmTicks { get; init; } = 256;

    /// <summary>Of its adaptive head; null is as <see cref="StreamOptions.Adapt"/> says.</summary>
    public AdaptOverride? Adapt { get; init; }
}

public sealed record StreamOptions
{
    public int Max { get; init; } = 100_000;

    /// <summary>A stream without a tick for this long is evicted; null keeps it for ever.</summary>
    public TimeSpan? IdleAfter { get; init; }

    public GapPolicy OnGap { get; init; } = GapPolicy.Step;

    /// <summary>Of the adaptive heads of all models that do not say otherwise; null is as their files say.</summary>
    public AdaptOverride? Adapt { get; init; }
}

/// <summary>When an anomaly of a stream begins and ends, by its score.</summary>
public sealed record AnomalyOptions
{
    /// <summary>It begins where the score reaches this; null: none is told.</summary>
    public double? Threshold { get; init; } = LoopOptions.DefaultAnomalyThreshold;

    /// <summary>It is over where the score falls below this.</summary>
    public double Clear { get; init; } = LoopOptions.DefaultAnomalyClear;
}

public sealed record LimitOptions
{
    /// <summary>Largest message frame in bytes; over 16 times this the connection is closed.</summary>
    public int Frame { get; init; } = 1_048_576;

    /// <summary>Bytes the stream table may hold; null is unlimited.</summary>
    public long? Memory { get; init; }

    public int Connections { get; init; } = 10_000;

    /// <summary>Predictions and events that may wait for one subscriber.</summary>
    public int Predictions { get; init; } = 65_536;

    /// <summary>Bytes of replies that may wait for all clients; one has at most a quarter.</summary>
    public long Replies { get; init; } = 268_435_456;
}

public sealed record FrameOptions
{
    public int MaxTicks { get; init; } = 4096;
    public IdleMode Idle { get; init; } = IdleMode.Block;
}

public enum Durability
{
    None,
    Os,
    Fsync,
}

public sealed record StateOptions
{
    /// <summary>Null keeps state in memory only.</summary>
    public string? Directory { get; init; }

    public Durability Durability { get; init; } = Durability.Os;
    public TimeSpan SnapshotEvery { get; init; } = TimeSpan.FromMinutes(1);
    public TimeSpan Keep { get; init; } = TimeSpan.FromHours(24);
    public long? MaxBytes { get; init; }

    /// <summary>Predictions are kept in the journal beside the ticks.</summary>
    public bool RecordPredictions { get; init; }

    /// <summary>An event for each stream that a start brings back.</summary>
    public bool RestoredEvents { get; init; }
}

public sealed record HttpOptions
{
    /// <summary>Null serves no HTTP.</summary>
    public string? Endpoint { get; init; } = "http://127.0.0.1:5580";

    /// <summary>The file with what a reader has to present as a bearer token; null asks for none.</summary>
    public string? Token { get; init; }
}

public enum EngineKind
{
    Auto,
    Cpu,
    Gpu,
}

public sealed record EngineOptions
{
    public EngineKind Kind { get; init; } = EngineKind.Auto;

    /// <summary>auto, scalar, vector128, vector256 or vector512.</summary>
    public string Kernel { get; init; } = "auto";

    public int Threads { get; init; } = 1;
    public string? Device { get; init; }
}

public sealed record SecurityOptions
{
    /// <summary>Null is neither encryption nor keys.</summary>
    public CurveOptions? Curve { get; init; }

    /// <summary>Whoever reaches an address of this machine may be served without a key.</summary>
    public bool Insecure { get; init; }
}

/// <summary>CURVE on every socket; paths are absolute once loaded, or <c>credential:NAME</c>.</summary>
public sealed record CurveOptions
{
    /// <summary>The file with the daemon's own secret key.</summary>
    public required string SecretKey { get; init; }

    public required AllowedClients Clients { get; init; }
}

/// <summary>Where the allowed clients are: written down here, or in a file or folder.</summary>
/// <param name="Path">A file with a list of clients, or a folder of public keys; null where they are listed.</param>
/// <param name="Listed">The clients; empty where there is a path.</param>
public sealed record AllowedClients(string? Path, IReadOnlyList<ClientOptions> Listed);

/// <summary>A client, its public key, and what it may do.</summary>
public sealed record ClientOptions
{
    public required string Name { get; init; }

    /// <summary>Its public key; null where it is in <see cref="KeyFile"/>.</summary>
    public string? Key { get; init; }

    public string? KeyFile { get; init; }

    /// <summary>Patterns of the streams it may send to and ask about.</summary>
    public IReadOnlyList<string> Streams { get; init; } = ["*"];

    /// <summary>Beginnings of the names of the streams it may hear; null takes those of <see cref="Streams"/>.
    /// </summary>
    public IReadOnlyList<string>? Hears { get; init; }

    public int? TicksPerSecond { get; init; }
    public bool MayControl { get; init; }
}

public sealed record TelemetryOptions
{
    public bool Histograms { get; init; } = true;
    public bool StageHistograms { get; init; } = true;

    /// <summary>A stream without a tick for this long counts as stale.</summary>
    public TimeSpan StaleAfter { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Gets each latency when the daemon ends; null keeps none.</summary>
    public string? RawSamples { get; init; }
}

public sealed record StopOptions
{
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);
}
