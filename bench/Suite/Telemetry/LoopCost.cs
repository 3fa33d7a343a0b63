using System.Globalization;
using Realtime.Bench.Suite.Frames;
using Realtime.Daemon.Bench;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Tracing;

namespace Realtime.Bench.Suite.Telemetry;

/// <summary>What the loop's own part of telemetry costs: whole frames on simulated ports, by the time of the thread.
/// </summary>
internal static class LoopCost
{
    private const int Streams = 1000;
    private const int TicksPerRound = 250_000;

    private static readonly int[] FrameSizes = [1, 16, 256];

    private static readonly (string Name, LoopOptions Options)[] Kinds =
    [
        ("off", new LoopOptions { Histograms = false }),
        ("no stages", new LoopOptions { StageHistograms = false }),
        ("histograms", new LoopOptions()),
        ("and traces", new LoopOptions
        {
            Tracing = new TickSampling { Ratio = 0.0001, FollowsParent = true, Seed = 1 },
        }),
    ];

    public static void Run(BenchContext context)
    {
        Console.WriteLine();
        Console.WriteLine(
            "# The loop alone on simulated ports, published: ns per tick, median over rounds, and what is measured "
            + "over nothing");
        Console.WriteLine($"{"ticks a frame",-14}{string.Concat(Kinds.Select(static kind => $"{kind.Name,12}"))}   ratio");
        foreach (var size in FrameSizes)
            Measure(context, size);
    }

    private static void Measure(BenchContext context, int size)
    {
        var worlds = Kinds.Select(static kind => SimulatedWorld.Create(kind.Options)).ToArray();
        var loops = Kinds.Select((kind, i) => SimulatedWorld.Loop(
            worlds[i], kind.Options,
            new SimulatedPorts(new TickFeed("one/", Streams, 1, TickForm.Array), size))).ToArray();
        var rounds = Kinds.Select(static _ => new List<double>()).ToArray();
        foreach (var loop in loops)
            Nanoseconds(loop, size);
        for (var round = 0; round < 2 * context.Rounds; round++)
        {
            for (var i = 0; i < loops.Length; i++)
            {
                var turn = (i + round) % loops.Length;
                rounds[turn].Add(Nanoseconds(loops[turn], size));
            }
        }

        for (var i = 0; i < Kinds.Length; i++)
            context.Results.Keep("telemetry", $"loop, {size} ticks a frame, {Kinds[i].Name}, ns per tick", rounds[i]);
        var cells = string.Concat(rounds.Select(static one =>
            string.Create(CultureInfo.InvariantCulture, $"{Spread.Of(one).Median,12:F1}")));
        var ratio = Spread.OfRatios(rounds[2], rounds[0]).Median;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{size,-14}{cells}{ratio,8:F3}"));
        foreach (var world in worlds)
            world.Dispose();
    }

    private static double Nanoseconds(FrameLoop loop, int size)
    {
        var start = ThreadClock.Nanoseconds;
        for (var ticks = 0; ticks < TicksPerRound; ticks += size)
            loop.RunFrame();
        return (ThreadClock.Nanoseconds - start) / TicksPerRound;
    }
}
