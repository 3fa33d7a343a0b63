using System.Diagnostics;
using System.Globalization;
using System.Text;
using Realtime.Daemon.Bench;
using Realtime.Daemon.Frames;

namespace Realtime.Bench.Suite.Frames;

/// <summary>
/// The frame loop and its step stage in process, on simulated ports: what frames allocate, what size costs.
/// </summary>
internal static class FrameMeasurements
{
    private const int Million = 1_000_000;
    private const int FrameTicks = 4096;
    private const int ShuffleSeed = 12345;

    private static readonly int[] Sizes = [1000, 10_000, 100_000, Million];

    public static void Run(BenchContext context)
    {
        context.Results.Attempt("allocated-per-warm-frame");
        context.Results.Attempt("step-1m-over-1k");
        Console.WriteLine();
        MeasureAllocation(context);
        Console.WriteLine();
        StageTimes.Run(context);
        Console.WriteLine();
        MeasureStepStage(context);
    }

    private static void MeasureAllocation(BenchContext context)
    {
        const int streams = 1000, ticksPerFrame = 256, frames = 2000;
        var options = new LoopOptions();
        var feed = new TickFeed("warm/", streams, 1, TickForm.Map);
        var ports = new SimulatedPorts(feed, ticksPerFrame);
        using var world = SimulatedWorld.Create(options);
        var loop = SimulatedWorld.Loop(world, options, ports);
        RunFrames(loop, frames);
        List<double> bytes = [], nanoseconds = [];
        for (var round = 0; round < context.Rounds; round++)
        {
            var start = ThreadClock.Nanoseconds;
            var before = GC.GetAllocatedBytesForCurrentThread();
            RunFrames(loop, frames);
            bytes.Add((GC.GetAllocatedBytesForCurrentThread() - before) / (double)frames);
            nanoseconds.Add((ThreadClock.Nanoseconds - start) / frames / ticksPerFrame);
        }

        if (world.Counters.Stepped != feed.Next || ports.Published < feed.Next)
            throw new InvalidOperationException($"{feed.Next} ticks went in, {world.Counters.Stepped} were stepped");
        context.Results.Keep("frames", "allocated per warm frame, bytes", bytes);
        context.Results.Keep("frames", "warm frame on simulated ports, ns per tick", nanoseconds);
        context.Results.Add("allocated-per-warm-frame", Spread.Of(bytes));
        Console.WriteLine(
            "# The frame loop on simulated ports, 256 ticks a frame of 1000 streams, all stages, no sockets");
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Spread.Of(bytes).Median:F1} bytes allocated per frame, {Spread.Of(nanoseconds).Median:F0} ns per tick"));
    }

    private static void RunFrames(FrameLoop loop, int frames)
    {
        for (; frames > 0; frames--)
            loop.RunFrame();
    }

    private static void MeasureStepStage(BenchContext context)
    {
        Console.WriteLine(
            "# The step stage (preprocessing, GRU-32, head), frames of up to 4096 ticks of different streams in random "
            + "order; bytes per stream as the daemon accounts for them, those of hidden state, those of the process");
        Console.WriteLine("  streams  ns per tick    bytes   hidden  resident");
        var stages = Sizes.Select(static streams => new StepStage(streams)).ToList();
        var rounds = stages.Select(static _ => new List<double>()).ToList();
        foreach (var stage in stages)
            stage.Run(Million / 2);
        for (var round = 0; round < context.Rounds; round++)
        {
            for (var i = 0; i < stages.Count; i++)
                rounds[i].Add(stages[i].Run(context.Quick ? Million / 4 : Million));
        }

        for (var i = 0; i < stages.Count; i++)
        {
            context.Results.Keep("frames", $"step stage, {Sizes[i]} streams, ns per tick", rounds[i]);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{Sizes[i],9} {Spread.Of(rounds[i]).Median,12:F1} {stages[i].BytesPerStream}"));
            stages[i].Dispose();
        }

        context.Results.Add("step-1m-over-1k", Spread.OfRatios(rounds[^1], rounds[0]));
    }

    /// <summary>The step stage alone over a number of streams.</summary>
    private sealed class StepStage : IDisposable
    {
        private readonly World _world;
        private readonly FrameWork _work = new(FrameTicks);
        private readonly Stepper _stepper;
        private readonly int[] _order;
        private readonly long _resident;
        private int _next;

        public StepStage(int streams)
        {
            var before = Process.GetCurrentProcess().WorkingSet64;
            _world = SimulatedWorld.Create(new LoopOptions { StreamsMax = streams });
            _stepper = new Stepper(_world, _work);
            _order = [.. Enumerable.Range(0, streams)];
            new Random(ShuffleSeed).Shuffle(_order);
            for (var i = 0; i < streams; i++)
            {
                var name = Encoding.UTF8.GetBytes(i.ToString(CultureInfo.InvariantCulture));
                if (!_world.TryAdmit(name, isId: false, model: 0, out _, out var fault))
                    throw new InvalidOperationException(fault);
            }

            // Every row is touched once, so that its memory is there.
            Run(streams);
            GC.Collect();
            _resident = Process.GetCurrentProcess().WorkingSet64 - before;
        }

        public string BytesPerStream
        {
            get
            {
                var streams = (double)_order.Length;
                var hidden = _world.Models[0].Engine.StateBytes;
                // What a process of few streams grows by is mostly something else.
                var resident = streams < 100_000 ? "-" : $"{_resident / _order.Length}";
                return string.Create(
                    CultureInfo.InvariantCulture,
                    $"{_world.Bytes / streams,8:F0} {hidden / streams,8:F0} {resident,9}");
            }
        }

        /// <summary>Steps so many ticks; returns the nanoseconds of one.</summary>
        public double Run(int ticks)
        {
            var frame = Math.Min(FrameTicks, _order.Length);
            var spent = 0.0;
            var done = 0;
            for (; done < ticks; done += frame)
            {
                Fill(frame);
                var start = ThreadClock.Nanoseconds;
                _stepper.Run();
                spent += ThreadClock.Nanoseconds - start;
                _work.Clear();
            }

            return spent / done;
        }

        public void Dispose() => _world.Dispose();

        private void Fill(int frame)
        {
            var model = _world.Models[0].Model;
            _world.Frame++;
            for (var i = 0; i < frame; i++)
            {
                var row = _order[_next];
                _next = (_next + 1) % _order.Length;
                ref var item = ref _work.Add(model.Inputs.Count, model.PredictionCount);
                (item.Row, item.ModelRow, item.Kind, item.Seq) = (row, row, ItemKind.Tick, 1);
                _work.Values(in item, 1)[0] = 20 + 0.01 * (_next % 97);
            }
        }
    }
}
