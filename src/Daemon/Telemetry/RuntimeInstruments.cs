using System.Diagnostics;

namespace Realtime.Daemon.Telemetry;

/// <summary>
/// What Prometheus is told of the runtime, under the names of the <c>System.Runtime</c> meter; OTLP gets that meter
/// itself.
/// </summary>
internal static class RuntimeInstruments
{
    private static readonly string[] Generations = ["gen0", "gen1", "gen2", "loh", "poh"];

    public static IReadOnlyList<Instrument> All { get; } =
    [
        new("dotnet.gc.pause.time", InstrumentKind.Counter, "s", "Time that collections have stopped the program",
            static (_, to) => to.Add(GC.GetTotalPauseDuration().TotalSeconds)),
        new("dotnet.gc.collections", InstrumentKind.Counter, "{collection}", "Collections by generation",
            static (_, to) => MeasureCollections(to)),
        new("dotnet.gc.heap.total_allocated", InstrumentKind.Counter, "By", "Bytes allocated since the start",
            static (_, to) => to.Add(GC.GetTotalAllocatedBytes())),
        new("dotnet.gc.last_collection.heap.size", InstrumentKind.Gauge, "By",
            "Size of the heap behind the last collection", static (_, to) => MeasureHeap(to)),
        new("dotnet.gc.last_collection.memory.committed_size", InstrumentKind.Gauge, "By",
            "Memory the heap had committed behind the last collection",
            static (_, to) => to.Add(GC.GetGCMemoryInfo().TotalCommittedBytes)),
        new("dotnet.process.memory.working_set", InstrumentKind.Gauge, "By", "Memory of the process that is resident",
            static (_, to) => to.Add(Environment.WorkingSet)),
        new("dotnet.process.cpu.time", InstrumentKind.Counter, "s", "Processor time of the process",
            static (_, to) => MeasureCpu(to)),
    ];

    private static void MeasureCollections(Observations to)
    {
        // As the meter counts: those of a generation alone, without those of older ones.
        for (var generation = 0; generation <= GC.MaxGeneration; generation++)
        {
            var older = generation == GC.MaxGeneration ? 0 : GC.CollectionCount(generation + 1);
            to.Add(GC.CollectionCount(generation) - older, Generation(generation));
        }
    }

    private static void MeasureHeap(Observations to)
    {
        var sizes = GC.GetGCMemoryInfo().GenerationInfo;
        for (var generation = 0; generation < Math.Min(sizes.Length, Generations.Length); generation++)
            to.Add(sizes[generation].SizeAfterBytes, Generation(generation));
    }

    private static void MeasureCpu(Observations to)
    {
        var usage = Environment.CpuUsage;
        to.Add(usage.UserTime.TotalSeconds, new Label("cpu.mode", "user"));
        to.Add(usage.PrivilegedTime.TotalSeconds, new Label("cpu.mode", "system"));
    }

    private static Label Generation(int generation) => new("gc.heap.generation", Generations[generation]);

    /// <summary>When the process started, in seconds since 1970: a change of it is a restart.</summary>
    public static double ProcessStart { get; } =
        (Process.GetCurrentProcess().StartTime.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds;
}
