using Realtime.Cells;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Requests;
using Realtime.Daemon.Hosting;

namespace Realtime.Bench.Suite.Frames;

/// <summary>A world with the built-in model, a GRU of 32 units, for every stream; state in memory only.</summary>
internal static class SimulatedWorld
{
    public static World Create(LoopOptions options)
    {
        var model = ModelLoading.ReadBuiltIn();
        var host = new ModelHost("default", model, new CpuEngine(model), ["*"]);
        return new World([host], options, new NoJournal(), epoch: 1);
    }

    public static FrameLoop Loop(World world, LoopOptions options, SimulatedPorts ports) =>
        new(world, options, Report(world), ports, ports, ports);

    public static RequestDesk Desk(World world) => new(world, Report(world));

    public static DaemonFacts Facts { get; } = new()
    {
        Version = "",
        Engine = "cpu",
        Kernel = "",
        Limits = new Dictionary<string, long>(),
        Endpoints = new Dictionary<string, string>(),
    };

    private static WorldReport Report(World world) => new(world, Facts);
}
