using System.Globalization;
using System.Text;
using Realtime.Daemon.Bench;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Hosting;

namespace Realtime.Bench.Suite.Accuracy;

/// <summary>What a step of the built-in model takes for one stream, and what each of 100,000 streams takes.</summary>
internal static class StepCost
{
    private const int FrameTicks = 64;
    private const int Ticks = 320 * FrameTicks;
    private const int Streams = 100_000;

    public static void Run(BenchContext context)
    {
        Console.WriteLine();
        Console.WriteLine("# The built-in model's step stage, one stream, tick by tick, with all that it has on");
        context.Results.Attempt("default-step");
        context.Results.Attempt("default-bytes");
        using (var world = Frames.SimulatedWorld.Create(new LoopOptions(), ModelLoading.ReadBuiltIn()))
        {
            var work = new FrameWork(FrameTicks);
            var stepper = new Stepper(world, work);
            Admit(world, 1);
            Step(world, work, stepper, Ticks);
            var rounds = Enumerable.Range(0, 2 * context.Rounds)
                .Select(_ => Step(world, work, stepper, Ticks)).ToList();
            context.Results.Keep("accuracy", "default model, step stage of one stream, ns", rounds);
            context.Results.Add("default-step", Spread.Of(rounds));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{Spread.Of(rounds).Median:f0} ns a step (best {rounds.Min():f0}), processor time of the thread"));
        }

        using var large = Frames.SimulatedWorld.Create(
            new LoopOptions { StreamsMax = Streams }, ModelLoading.ReadBuiltIn());
        Admit(large, Streams);
        var bytes = (double)large.Bytes / Streams;
        context.Results.Add("default-bytes", Spread.Of([bytes]));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{bytes:f0} bytes a stream, of {Streams} streams, all that is held"));
    }

    private static void Admit(World world, int streams)
    {
        for (var i = 0; i < streams; i++)
        {
            var name = Encoding.UTF8.GetBytes(i.ToString(CultureInfo.InvariantCulture));
            if (!world.TryAdmit(name, isId: false, model: 0, out _, out var fault))
                throw new InvalidOperationException(fault);
        }
    }

    // Ticks of one stream are stepped one by one, whichever frame they are in; a clock for each would cost too much.
    private static double Step(World world, FrameWork work, Stepper stepper, int ticks)
    {
        var host = world.Models[0];
        var random = new Random(1);
        var spent = 0.0;
        for (var done = 0; done < ticks; done += FrameTicks)
        {
            world.Frame++;
            for (var i = 0; i < FrameTicks; i++)
            {
                ref var item = ref work.Add(host.Model.Inputs.Count, host.PredictionCount);
                (item.Row, item.ModelRow, item.Kind) = (0, 0, ItemKind.Tick);
                item.Seq = (ulong)(world.Frame * FrameTicks + i);
                work.Values(in item, host.InputCount).Fill(Math.Sin((done + i) * 0.1) + random.NextDouble());
            }

            var start = ThreadClock.Nanoseconds;
            stepper.Run();
            spent += ThreadClock.Nanoseconds - start;
            work.Clear();
        }

        return spent / (ticks / FrameTicks * FrameTicks);
    }
}
