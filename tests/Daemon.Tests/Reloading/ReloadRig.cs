using System.Diagnostics;
using System.Text.Json;
using Realtime.Cells;
using Realtime.Daemon.Configuration;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Snapshots;
using Realtime.Daemon.Hosting;
using Realtime.Daemon.Recovery;
using Realtime.Daemon.Reloading;
using Realtime.Daemon.Storage;
using Realtime.Daemon.Tests.Simulation;
using Realtime.Daemon.Tests.Storage;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Tests.Reloading;

/// <summary>The loop on simulated ports, with a configuration and model files that change, and a real journal.
/// </summary>
internal sealed class ReloadRig : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Folder _folder;
    private readonly DurableLife? _life;
    private readonly StateDirectory? _directory;
    private readonly Reloader _reloader;
    private string? _plain;

    /// <param name="models">Pattern and file each; they are called model0, model1 and so on.</param>
    /// <param name="durable">With a journal.</param>
    /// <param name="folder">Of an earlier rig; null makes one.</param>
    /// <param name="warmTicks">Of every model.</param>
    /// <param name="engine">What steps the models of the start; null is the processor.</param>
    /// <param name="later">What steps those of reloads.</param>
    public ReloadRig(
        (string Pattern, byte[] File)[] models, bool durable = true, Folder? folder = null, int warmTicks = 256,
        Func<Model, IStepEngine>? engine = null, Func<Model, IStepEngine>? later = null)
    {
        _folder = folder ?? new Folder();
        Configure([.. models.Select((model, i) => ($"model{i}", model.Pattern, model.File))], warmTicks);
        Daemon = new SimulatedDaemon(
            models: [.. models.Select(static model => (model.Pattern, Model.Read(model.File, "test")))],
            engine: (model, _) => engine?.Invoke(model)!);
        foreach (var host in World.Models)
            host.WarmTicks = warmTicks;
        var options = ConfigurationLoader.Load(Configuration, new Dictionary<string, string>(), []).Options!;
        if (durable)
        {
            _directory = new StateDirectory(new FileDisk(State), options.State, Daemon.Clock);
            _life = new DurableLife(_directory, World, Setup.Of(World.Models, "1.2.3"), options, salvage: false);
            _life.Begin(default);
        }

        _reloader = new Reloader(
            () => ConfigurationLoader.Load(Configuration, new Dictionary<string, string>(), []), options,
            model => ModelLoading.MakeHost(model, later?.Invoke(model.Model) ?? new CpuEngine(model.Model)), World,
            Daemon.Loop, _directory?.Disk)
        {
            PutInForce = taken => _life?.Use(taken),
        };
        _reloader.Attach();
    }

    public SimulatedDaemon Daemon { get; }

    public World World => Daemon.World;

    public string Configuration => Path.Combine(_folder.Path, "realtimed.json");

    public string State => Path.Combine(_folder.Path, "state");

    public RecoveryReport Recovery => World.Recovery!;

    public void Configure((string Name, string Pattern, byte[] File)[] models, int warmTicks = 256)
    {
        foreach (var (name, _, file) in models)
            File.WriteAllBytes(Path.Combine(_folder.Path, $"{name}.safetensors"), file);
        File.WriteAllText(Configuration, JsonSerializer.Serialize(new
        {
            state = new { directory = "state" },
            models = models.Select(model => new
            {
                name = model.Name,
                file = $"{model.Name}.safetensors",
                streams = new[] { model.Pattern },
                warmTicks,
            }),
        }));
    }

    /// <summary>More members for the configuration, in place of those set before.</summary>
    public void Set(string members)
    {
        _plain ??= File.ReadAllText(Configuration);
        File.WriteAllText(Configuration, _plain[..^1] + members + "}");
    }

    /// <summary>Something else for a part of the configuration.</summary>
    public void Replace(string part, string other)
    {
        var text = File.ReadAllText(Configuration);
        Assert.Contains(part, text);
        File.WriteAllText(Configuration, text.Replace(part, other));
    }

    /// <summary>Another file for the first model, read at once.</summary>
    public MessagePackValue Change(byte[] file, int warmTicks = 256)
    {
        Configure([("model0", "*", file)], warmTicks);
        return Reload();
    }

    /// <summary>Asks for a reload, and waits until it is answered and nothing warms up any more.</summary>
    public MessagePackValue Reload()
    {
        var before = Daemon.Sink.Replies.Count;
        Daemon.Request(Pack.Op("reload"));
        Await(() => Daemon.Sink.Replies.Count > before && World.HandOvers.Busy is null);
        return Daemon.Sink.Replies[before].Value;
    }

    public void TakeSnapshot()
    {
        var before = Daemon.Sink.Replies.Count;
        Daemon.Request(Pack.Op("snapshot"));
        Await(() => Daemon.Sink.Replies.Count > before);
        Assert.True(Daemon.Sink.Replies[before].Value["ok"].AsBoolean());
    }

    /// <summary>Turns the loop until something is so.</summary>
    public void Await(Func<bool> condition)
    {
        var begun = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(begun) < Patience, $"not done after {Patience}");
            Daemon.Run();
            Thread.Sleep(1);
        }
    }

    /// <summary>Gives a stream ticks of <see cref="Value"/>, numbered from 1 on.</summary>
    public void Take(string stream, int from, int to)
    {
        for (var seq = from; seq <= to; seq++)
            Daemon.Take(Pack.Tick(stream, Value(stream, seq), (ulong)seq, time: seq));
    }

    public static double Value(string stream, int seq) => Math.Sin(0.3 * seq + stream[^1]) + 0.1 * (seq * 7 % 5);

    /// <summary>Hidden state and statistics of a stream, to be compared bit by bit.</summary>
    public static string Numbers(World world, string stream)
    {
        var row = world.Streams.Find(System.Text.Encoding.UTF8.GetBytes(stream));
        ref var one = ref world.Streams[row];
        var host = world.Models[one.Model];
        var state = new float[host.Model.StateFloats];
        host.Engine.Read(one.ModelRow, state);
        return string.Join(' ', state.Select(static v => BitConverter.SingleToInt32Bits(v).ToString("x")))
            + " | " + string.Join(' ', host.Memory(one.ModelRow).ToArray().Select(
                static v => BitConverter.DoubleToInt64Bits(v).ToString("x")));
    }

    /// <summary>A daemon with one model that has taken some of a stream's ticks, and nothing else.</summary>
    public static SimulatedDaemon Reference(byte[] file, string stream, int from, int to)
    {
        var daemon = new SimulatedDaemon(models: [("*", Model.Read(file, "test"))]);
        for (var seq = from; seq <= to; seq++)
            daemon.Take(Pack.Tick(stream, Value(stream, seq), (ulong)seq, time: seq));
        return daemon;
    }

    /// <summary>Ends as a killed process does, but for the folder, which the caller has.</summary>
    public Folder Abandon()
    {
        _reloader.Dispose();
        _life?.Dispose();
        Daemon.Dispose();
        return _folder;
    }

    public void Dispose() => Abandon().Dispose();
}
