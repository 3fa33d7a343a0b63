using Realtime.Cells;
using Realtime.Cells.Ensembles;
using Realtime.Cells.Tests.Support;
using Realtime.Gpu.OpenCl;
using Realtime.Gpu.Tests.Support;

namespace Realtime.Gpu.Tests;

/// <summary>
/// What the tests start in a process of its own, where the environment chooses another OpenCL driver: Gpu.Tests DEVICE
/// PLANT CELL... steps small models of each cell and compares; PLANT is a definition for the kernels, or "-".
/// </summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        if (arguments.Length < 2)
        {
            Console.Error.WriteLine("expected DEVICE PLANT CELL...");
            return 64;
        }

        GpuSearch search = GpuDevices.Find(arguments[0]);
        if (search.Chosen is not { } device)
        {
            Console.WriteLine($"none: {search.Reason}");
            return 1;
        }

        string plant = arguments[1] == "-" ? "" : $"-D{arguments[1]}";
        using var context = new OpenClContext(device) { ExtraDefinitions = plant };
        foreach (string cell in arguments[2..])
        {
            if (cell == "roll-out") RollOut(context);
            else Step(cell, context);
        }

        Console.WriteLine($"stepped {arguments.Length - 2} cells on {device.Name}");
        return 0;
    }

    // Two tiles, the second one not full; units that are no multiple of four; ops of every kind over the cells.
    private static void Step(string cell, GpuContext context)
    {
        var random = new RandomModels(cell.Length);
        Model model = cell == "embedding"
            ? RandomModels.Parse("tokens", ["token"], Normalisation.None,
                [new EmbeddingLayer("e", 3, 2, random.Uniforms(6, 1)), random.Dense("head", 2, 3, Activation.Softmax)],
                Forecast.Of([1, 2, 3], ["next"]))
            : random.OneCell(cell, 2, 5, 1);
        Parity.Check(model, random, 5, steps: 2, 1e-5, cell, context, largestGroup: 8);
        // States of whole float4s go another way.
        if (cell != "embedding")
            Parity.Check(random.OneCell(cell, 2, 8, 1), random, 5, steps: 2, 1e-5, cell, context, largestGroup: 8);
        if (cell == "lstm") Parity.Check(model, random, 5, steps: 1, 1e-5, cell, context, largestGroup: 64);
        Parity.Check(model, random, 3, steps: 1, 1e-5, cell, context, tileBytes: 0, largestGroup: 8);
    }

    // Two models together, differences and times among their inputs; more rows than one group of the kernels around
    // the steps takes.
    private static void RollOut(GpuContext context)
    {
        var random = new RandomModels(1);
        Model[] models = [RollOutModels.Differences(1), RollOutModels.Differences(2)];
        using var cpu = new EnsembleEngine(models, [.. models.Select(model => new CpuEngine(model, Kernels.Scalar))]);
        using var gpu = new GpuEnsembleEngine(models, context);
        cpu.Grow(5);
        gpu.Grow(5);
        RollOutParity.Check(models[0], cpu, gpu, null, random, [5], steps: 2);
    }
}
