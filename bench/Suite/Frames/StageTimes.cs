using System.Globalization;
using Realtime.Cells;
using Realtime.Daemon.Bench;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Meters;
using Realtime.Daemon.Hosting;

namespace Realtime.Bench.Suite.Frames;

/// <summary>What each stage of a frame costs per tick: as the loop runs them, with a clock between.</summary>
internal sealed class StageTimes
{
    private static readonly string[] Stages = ["ingest", "decode", "step", "emit"];

    private readonly World _world;
    private readonly IClock _clock;
    private readonly ITickSource _source;
    private readonly Inbox _inbox;
    private readonly FrameWork _work;
    private readonly Decoder _decoder;
    private readonly Stepper _stepper;
    private readonly Emitter _emitter;
    private readonly double[] _spent = new double[Stages.Length];

    private StageTimes(World world, IClock clock, ITickSource source, IPredictionSink sink)
    {
        var options = new LoopOptions();
        (_world, _clock, _source) = (world, clock, source);
        _inbox = new Inbox(options.FrameLimit, options.MaxTicks);
        _work = new FrameWork(options.MaxTicks);
        _decoder = new Decoder(world, _work, _inbox, SimulatedWorld.Desk(world), options.MaxTicks);
        _stepper = new Stepper(world, _work);
        _emitter = new Emitter(world, _work, _inbox, sink, new ReplyQueue(world, sink),
            new FrameMeters(world, options));
    }

    public static void Run(BenchContext context)
    {
        const int streams = 1000, ticksPerFrame = 256;
        Console.WriteLine(
            "# Stages of a frame on simulated ports, 1000 streams, 256 ticks a frame: ns per tick, median over rounds");
        Console.WriteLine($"{"",-34}{string.Concat(Stages.Select(static stage => $"{stage,9}"))}{"all",9}");
        var singles = new SimulatedPorts(new TickFeed("one/", streams, 1, TickForm.Map), ticksPerFrame);
        var unheard = new SimulatedPorts(new TickFeed("one/", streams, 1, TickForm.Map), ticksPerFrame)
        {
            HasSubscribers = false,
        };
        var batches = new BatchPorts(
            new TickFeed("batch/", streams, 1, TickForm.Array), ticksPerFrame / Saturation.BatchLength);
        Measure(context, "maps, published", static (world, ports) => new(world, ports, ports, ports), singles);
        var learning = new SimulatedPorts(new TickFeed("learning/", streams, 1, TickForm.Map), ticksPerFrame);
        Measure(context, "maps, built-in model, learning",
            static (world, ports) => new(world, ports, ports, ports), learning, ModelLoading.ReadBuiltIn());
        Measure(context, "maps, nobody subscribed", static (world, ports) => new(world, ports, ports, ports), unheard);
        Measure(context, "batches of 64, with predictions", static (world, ports) => new(world, ports, ports, ports),
            batches);
    }

    private static void Measure<T>(
        BenchContext context, string what, Func<World, T, StageTimes> make, T ports, Model? model = null)
    {
        const int frames = 2000;
        using var world = SimulatedWorld.Create(new LoopOptions(), model);
        var stages = make(world, ports);
        stages.RunFrames(2 * frames);
        var rounds = new List<double>[Stages.Length + 1];
        for (var i = 0; i < rounds.Length; i++)
            rounds[i] = [];
        for (var round = 0; round < context.Rounds; round++)
        {
            var stepped = world.Counters.Stepped;
            stages.RunFrames(frames);
            stepped = world.Counters.Stepped - stepped;
            for (var i = 0; i < Stages.Length; i++)
                rounds[i].Add(stages._spent[i] / stepped);
            rounds[^1].Add(rounds[..^1].Sum(static stage => stage[^1]));
        }

        for (var i = 0; i < Stages.Length; i++)
            context.Results.Keep("frames", $"{what}, {Stages[i]}, ns per tick", rounds[i]);
        var cells = rounds.Select(static stage =>
            string.Create(CultureInfo.InvariantCulture, $"{Spread.Of(stage).Median,9:F1}"));
        Console.WriteLine($"{what,-34}{string.Concat(cells)}");
    }

    private void RunFrames(int frames)
    {
        _spent.AsSpan().Clear();
        for (; frames > 0; frames--)
            RunFrame();
    }

    private void RunFrame()
    {
        var start = ThreadClock.Nanoseconds;
        _world.Now = _clock.UtcNanoseconds;
        _world.Frame++;
        _decoder.Rewind();
        _source.Receive(_inbox);
        Note(0, ref start);
        _decoder.Run();
        Note(1, ref start);
        _stepper.Run();
        _world.Changes.Commit(_world.Frame, _world.Now);
        Note(2, ref start);
        _emitter.Run();
        _work.Clear();
        Note(3, ref start);
    }

    private void Note(int stage, ref double start)
    {
        var now = ThreadClock.Nanoseconds;
        _spent[stage] += now - start;
        start = now;
    }
}
