using Realtime.Cells;
using Realtime.Daemon.Configuration;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Hosting;

namespace Realtime.Bench.Suite.Frames;

/// <summary>A world with the built-in model, a GRU of 32 units, for every stream; state in memory only.</summary>
internal static class SimulatedWorld
{
    private const string Name = "default";

    public static World Create(RealtimeOptions options)
    {
        var model = ModelLoading.ReadBuiltIn();
        var host = new ModelHost(Name, model, new CpuEngine(model), ["*"]);
        var routes = new ModelRoutes([new ModelOptions { Name = Name, File = "", Streams = ["*"] }]);
        return new World([host], routes, options, new NoJournal(), epoch: 1);
    }

    public static FrameLoop Loop(World world, RealtimeOptions options, SimulatedPorts ports)
    {
        var facts = new DaemonFacts
        {
            Version = "",
            Engine = "cpu",
            Kernel = "",
            Limits = new Dictionary<string, long>(),
            Endpoints = new Dictionary<string, string>(),
        };
        return new FrameLoop(world, options, new WorldReport(world, facts), ports, ports, ports);
    }
}
