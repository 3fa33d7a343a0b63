using Realtime.Cells;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Requests;
using Realtime.Daemon.Frames.Snapshots;

namespace Realtime.Daemon.Hosting;

/// <summary>
/// Steps made-up streams of every model through a whole frame loop of their own before any socket is open, so that the
/// runtime has compiled what the first tick needs. Nothing of it reaches the daemon's world, its counts or its sockets.
/// </summary>
internal static class WarmUp
{
    // After 30 calls a method is compiled anew, in the background; the loops in it sooner.
    private const int Frames = 40;
    private const int FrameLimit = 64 * 1024;
    private const int MaxTicks = 256;

    public static void Run(IReadOnlyList<LoadedModel> models, string kernel, int threads, DaemonFacts facts)
    {
        using var engines = Engines.OfCpu(kernel, threads);
        Run(models, engines, facts);
    }

    public static void Run(IReadOnlyList<LoadedModel> models, Engines engines, DaemonFacts facts)
    {
        foreach (var model in models.Where(static model => model.Model.Copies == 1))
            Run(model.Model, engines, facts);
    }

    private static void Run(Model model, Engines engines, DaemonFacts facts)
    {
        var options = new LoopOptions { FrameLimit = FrameLimit, MaxTicks = MaxTicks };
        var host = new ModelHost("warm-up", model, engines.Make(model), ["*"]);
        using var world = new World([host], options, new NoJournal(), epoch: 1);
        var ports = new WarmUpPorts(model.Inputs.Count);
        var loop = new FrameLoop(world, options, new WorldReport(world, facts), ports, ports, ports);
        // Turns of the loop make it a whole snapshot each time.
        using var store = new WarmUpStore();
        _ = new Snapshotter(world, store, TimeSpan.FromTicks(1), []);
        for (var frame = 0; frame < Frames; frame++)
            loop.RunFrame();
    }
}
