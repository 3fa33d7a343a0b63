using System.CommandLine;
using System.Diagnostics;
using Realtime.Cells;
using Realtime.Daemon.Hosting;
using Realtime.Gpu;

namespace Realtime.Daemon.Commands;

/// <summary><c>realtimed devices</c>: what models can be stepped on here, and how fast.</summary>
internal static class DevicesCommand
{
    private const int Batch = 64;

    private static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Measuring = TimeSpan.FromMilliseconds(100);

    public static Command Create()
    {
        var json = CommonOptions.Json("Prints JSON");
        var command = new Command(
            "devices", "Lists what models can be stepped on, with the built-in model's time on it") { json };
        command.SetAction(arguments =>
        {
            var output = arguments.InvocationConfiguration.Output;
            var model = ModelLoading.ReadBuiltIn();
            var kernels = Kernels.Available
                .Select(kernel => new Speed(kernel, Measure(model, kernel, 1), Measure(model, kernel, Batch))).ToList();
            var search = GpuDevices.Find(null);
            if (arguments.GetValue(json))
                PrintJson(kernels, search, output);
            else
                Print(kernels, search, output);
            return ExitCode.Done;
        });
        return command;
    }

    private static void Print(List<Speed> kernels, GpuSearch search, TextWriter output)
    {
        output.WriteLine($"cpu  {ProcessorName()}, {Environment.ProcessorCount} threads");
        var table = new TextTable("  kernel", ">1 stream", $">{Batch} streams", "");
        foreach (var kernel in kernels)
        {
            table.Add(
                $"  {kernel.Kernel}",
                FormattableString.Invariant($"{kernel.One:0} ns/step"),
                FormattableString.Invariant($"{kernel.Many:0} ns/step"),
                kernel.Kernel == Kernels.Resolve(Kernels.Auto) ? "auto" : "");
        }

        table.WriteTo(output);
        foreach (var device in search.Devices)
            output.WriteLine($"gpu  {device.Name}");
        if (search.Devices.Count == 0)
            output.WriteLine($"gpu  none: {search.Reason}");
    }

    private static void PrintJson(List<Speed> kernels, GpuSearch search, TextWriter output) =>
        JsonText.Write(output, json =>
        {
            json.WriteStartObject("cpu");
            json.WriteString("name", ProcessorName());
            json.WriteNumber("threads", Environment.ProcessorCount);
            json.WriteString("auto", Kernels.Resolve(Kernels.Auto));
            json.WriteStartArray("kernels");
            foreach (var kernel in kernels)
            {
                json.WriteStartObject();
                json.WriteString("kernel", kernel.Kernel);
                json.WriteNumber("nsPerStep", Math.Round(kernel.One, 1));
                json.WriteNumber($"nsPerStepOf{Batch}", Math.Round(kernel.Many, 1));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteStartArray("gpu");
            foreach (var device in search.Devices)
                json.WriteStringValue(device.Name);
            json.WriteEndArray();
            json.WriteString("gpuReason", search.Reason);
        });

    // Nanoseconds per stream and step of the built-in model's network, without what is around it.
    private static double Measure(Model model, string kernel, int streams)
    {
        using var engine = new CpuEngine(model, kernel);
        engine.Grow(streams);
        var rows = Enumerable.Range(0, streams).ToArray();
        var inputs = new float[streams * model.NetworkInputCount];
        var outputs = new float[streams * model.OutputCount];
        StepFor(WarmUp, engine, rows, inputs, outputs);
        return StepFor(Measuring, engine, rows, inputs, outputs) / streams;
    }

    // The median of many short runs: what else the machine does falls on few of them.
    private static double StepFor(TimeSpan time, CpuEngine engine, int[] rows, float[] inputs, float[] outputs)
    {
        const int Steps = 20;
        var runs = new List<double>();
        var start = Stopwatch.GetTimestamp();
        do
        {
            var run = Stopwatch.GetTimestamp();
            for (var i = 0; i < Steps; i++)
                engine.Step(rows, inputs, outputs);
            runs.Add(Stopwatch.GetElapsedTime(run).TotalNanoseconds / Steps);
        }
        while (Stopwatch.GetElapsedTime(start) < time);
        runs.Sort();
        return runs[runs.Count / 2];
    }

    private static string ProcessorName()
    {
        const string Key = "model name";
        var line = File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(
                static line => line.StartsWith(Key, StringComparison.Ordinal))
            : null;
        return line is null ? "unnamed processor" : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }

    private sealed record Speed(string Kernel, double One, double Many);
}
