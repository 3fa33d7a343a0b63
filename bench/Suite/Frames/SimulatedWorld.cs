using Realtime.Cells;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Requests;

namespace Realtime.Bench.Suite.Frames;

/// <summary>A world with one model for every stream; state in memory only.</summary>
internal static class SimulatedWorld
{
    /// <param name="options">The loop's.</param>
    /// <param name="model">Null: <see cref="PlainModel"/>.</param>
    public static World Create(LoopOptions options, Model? model = null)
    {
        model ??= PlainModel.Read();
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
