using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Realtime.Cells;
using Realtime.Daemon.Hosting;
using Realtime.Gpu;

namespace Realtime.Daemon.Commands;

/// <summary><c>realtimed devices</c>: what models can be stepped on here, and how fast.</summary>
internal static class DevicesCommand
{
    private const int Batch = 64;
    private const int LargeBatch = 4096;

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
            var devices = search.Devices.Select(device => Measure(model, device)).ToList();
            if (arguments.GetValue(json))
                PrintJson(kernels, devices, search, output);
            else
                Print(kernels, devices, search, output);
            return ExitCode.Done;
        });
        return command;
    }

    private static void Print(
        List<Speed> kernels, List<DeviceSpeed> devices, GpuSearch search, TextWriter output)
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
        foreach (var (i, device) in devices.Index())
            Print(i, device, output);
        if (search.Chosen is null)
            output.WriteLine($"gpu  none: {search.Reason}");
    }

    private static void Print(int index, DeviceSpeed speed, TextWriter output)
    {
        var device = speed.Device;
        output.WriteLine($"gpu  {index}: {device}{(device.IsCpu ? ", the processor; only where it is named" : "")}");
        output.WriteLine($"  driver   {device.Driver}");
        output.WriteLine($"  memory   {device.Memory >> 20} MiB");
        if (speed.Fault is { } fault)
        {
            output.WriteLine($"  fault    {fault}");
            return;
        }

        var off = FormattableString.Invariant($"off by {speed.Difference:e1}");
        output.WriteLine(FormattableString.Invariant(
            $"  measured {speed.Many:0} ns/step of {Batch} streams, {speed.Most:0} of {LargeBatch}, {off}"));
    }

    private static void PrintJson(
        List<Speed> kernels, List<DeviceSpeed> devices, GpuSearch search, TextWriter output) =>
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
            foreach (var device in devices)
                Write(json, device);
            json.WriteEndArray();
            json.WriteString("gpuReason", search.Reason);
        });

    private static void Write(Utf8JsonWriter json, DeviceSpeed speed)
    {
        json.WriteStartObject();
        json.WriteString("name", speed.Device.Name);
        json.WriteString("api", speed.Device.Api);
        json.WriteString("driver", speed.Device.Driver);
        json.WriteBoolean("isCpu", speed.Device.IsCpu);
        json.WriteNumber("memory", speed.Device.Memory);
        if (speed.Fault is { } fault)
            json.WriteString("fault", fault);
        else
        {
            json.WriteNumber($"nsPerStepOf{Batch}", Math.Round(speed.Many, 1));
            json.WriteNumber($"nsPerStepOf{LargeBatch}", Math.Round(speed.Most, 1));
            json.WriteNumber("difference", speed.Difference);
        }

        json.WriteEndObject();
    }

    // The same of a device, copies and calls counted, and how far it is from the processor.
    private static DeviceSpeed Measure(Model model, GpuDevice device)
    {
        try
        {
            using var context = GpuDevices.Open(device);
            using var cpu = new CpuEngine(model);
            var difference = GpuTrial.Run(model, context, cpu, 0, Measuring).Difference;
            if (!(difference <= GpuTrial.Tolerance))
                return new DeviceSpeed(device, $"off by {difference:e1}, allowed {GpuTrial.Tolerance:e0}");
            using var engine = new GpuEngine(model, context);
            return new DeviceSpeed(device, null)
            {
                Difference = difference,
                Many = GpuTrial.Measure(model, engine, Batch, Measuring),
                Most = GpuTrial.Measure(model, engine, LargeBatch, Measuring),
            };
        }
        catch (GpuException e)
        {
            return new DeviceSpeed(device, e.Message);
        }
    }

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

    private sealed record DeviceSpeed(GpuDevice Device, string? Fault)
    {
        public double Difference { get; init; }
        public double Many { get; init; }
        public double Most { get; init; }
    }
}
