using System.Security.Cryptography;
using System.Text;
using Realtime.Cells;
using Realtime.Daemon.Configuration;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Requests;
using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Tests.Simulation;

/// <summary>The frame loop on simulated ports: recorded messages in, everything that goes out kept.</summary>
internal sealed class SimulatedDaemon : IDisposable
{
    private readonly RecordedSource _source = new();

    /// <param name="options">Null is the defaults.</param>
    /// <param name="models">Models by the pattern of their streams; none: the GRU for every stream.</param>
    /// <param name="sink">Where output goes instead of <see cref="Sink"/>.</param>
    /// <param name="journal">Null keeps none.</param>
    /// <param name="engine">What steps the model with an index; null is the processor.</param>
    public SimulatedDaemon(
        LoopOptions? options = null, IReadOnlyList<(string Pattern, Model Model)>? models = null,
        IPredictionSink? sink = null, IJournal? journal = null, Func<Model, int, IStepEngine>? engine = null)
    {
        options ??= new LoopOptions();
        models ??= [("*", SmallModels.Gru())];
        var hosts = models.Select((model, i) => new ModelHost(
            $"model{i}", model.Model, engine?.Invoke(model.Model, i) ?? new CpuEngine(model.Model), [model.Pattern]));
        World = new World([.. hosts], options, journal ?? new NoJournal(), epoch: 7);
        Loop = new FrameLoop(World, options, new WorldReport(World, Facts), Clock, _source, sink ?? Sink);
    }

    public static DaemonFacts Facts { get; } = new()
    {
        Version = "1.2.3",
        Engine = "cpu",
        Kernel = "any",
        Limits = new Dictionary<string, long> { ["frame"] = 1000 },
        Endpoints = new Dictionary<string, string> { ["ingest"] = "here" },
    };

    public SimulatedClock Clock { get; } = new();
    public RecordingSink Sink { get; } = new();
    public World World { get; }
    public FrameLoop Loop { get; }

    public Counters Counters => World.Counters;

    public static LoopOptions Options(
        int maxTicks = 4096, int streamsMax = 100_000, GapPolicy onGap = GapPolicy.Step, TimeSpan? idleAfter = null,
        long? memory = null, int frame = 1_048_576) => new()
        {
            MaxTicks = maxTicks,
            StreamsMax = streamsMax,
            OnGap = onGap,
            IdleAfter = idleAfter,
            MemoryMax = memory,
            FrameLimit = frame,
        };

    public void Send(SimulatedMessage message) => _source.Add(message);

    /// <summary>What is sent from here on arrives a frame later.</summary>
    public void Pause() => _source.Pause();

    /// <summary>The same with a device, while whose steps is received for the frame that follows, and once more when
    /// that begins.</summary>
    public void PauseBetween(bool isFirst)
    {
        Pause();
        if (!isFirst)
            Pause();
    }

    public void Ingest(byte[] payload) => Send(new SimulatedMessage(Origin.Ingest, payload));

    public void Request(byte[] payload) => Send(new SimulatedMessage(Origin.Request, payload));

    /// <summary>Frames until nothing is left to do.</summary>
    /// <param name="afterFrame">Called after each.</param>
    public void Run(Action? afterFrame = null)
    {
        bool worked;
        do
        {
            worked = Loop.RunFrame();
            afterFrame?.Invoke();
        }
        while (worked);
    }

    /// <summary>Takes ticks by ingest, one message each, and runs until they are done.</summary>
    public void Take(params byte[][] payloads)
    {
        foreach (var payload in payloads)
            Ingest(payload);
        Run();
    }

    /// <summary>Sends one request and returns the bytes of its reply.</summary>
    public byte[] AskBytes(byte[] payload)
    {
        var before = Sink.Replies.Count;
        Request(payload);
        Run();
        Assert.Equal(before + 1, Sink.Replies.Count);
        return Sink.Replies[^1].Payload;
    }

    public MessagePackValue Ask(byte[] payload) => Read.Value(AskBytes(payload));

    /// <summary>The state of a stream as state.get gives it; null where there is no such stream.</summary>
    public byte[]? State(object stream) => Read.Entry(AskBytes(Pack.Op("state.get", ("stream", stream))), "state");

    /// <summary>A digest of the states of all streams, in the order of their names.</summary>
    public string StatesDigest()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var writer = new MessagePackWriter();
        foreach (var name in World.Streams.NamesFrom([]))
            StateWriter.Write(writer, World, World.Streams.Find(name));
        hash.AppendData(writer.Written);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>A digest of all predictions, stream by stream, in the order in which they were published.</summary>
    public string PredictionsDigest()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var stream in Sink.Predictions.GroupBy(static one => one.Topic).OrderBy(
            static stream => stream.Key, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(stream.Key));
            foreach (var prediction in stream)
                hash.AppendData(prediction.Payload);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public void AssertBalanced(string context = "")
    {
        var taken = Counters.Stepped + Counters.Duplicate + Counters.Rejected + Counters.Refused;
        Assert.True(
            Counters.Received == taken,
            $"received {Counters.Received}, stepped {Counters.Stepped} + duplicate {Counters.Duplicate} + rejected "
            + $"{Counters.Rejected} + refused {Counters.Refused} = {taken} {context}");
    }

    public void Dispose()
    {
        World.Dispose();
        _source.Dispose();
    }
}
