using Realtime.Cells;
using Realtime.Daemon.Configuration;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Requests;
using Realtime.Daemon.Hosting;
using Realtime.Daemon.Tests.Simulation;

namespace Realtime.Daemon.Tests.Hosting;

public sealed class WarmUpTests
{
    [Fact]
    public void Every_kind_of_model_steps_and_answers_every_tick()
    {
        foreach (var model in new[]
        {
            SmallModels.Gru(), SmallModels.Lstm(), SmallModels.Classifier(), SmallModels.Tokens(),
        })
        {
            var options = new LoopOptions { FrameLimit = 64 * 1024, MaxTicks = 256 };
            using var world = new World(
                [new ModelHost("m", model, new CpuEngine(model), ["*"])], options, new NoJournal(), epoch: 1);
            var ports = new WarmUpPorts(model.Inputs.Count);
            var report = new WorldReport(world, SimulatedDaemon.Facts);
            var loop = new FrameLoop(world, options, report, ports, ports, ports);
            for (var frame = 0; frame < 4; frame++)
                loop.RunFrame();
            Assert.Equal((4 * 19, 4 * 19), (world.Counters.Received, world.Counters.Stepped));
            Assert.Equal(4 * 2, ports.Replies);
            // Every other frame somebody listens; the running ones tell once that they are warm.
            Assert.InRange(ports.Publications, 2 * 19, 3 * 19);
        }
    }

    [Fact]
    public void It_takes_the_models_as_configured()
    {
        var options = new ModelOptions { Name = "x", File = "", Streams = ["y"] };
        WarmUp.Run([new LoadedModel(options, SmallModels.Gru())], "auto", 1, SimulatedDaemon.Facts);
    }
}
