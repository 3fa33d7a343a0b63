using System.Runtime.InteropServices;
using CpuKernels = Realtime.Cells.Kernels;

namespace Realtime.Bench.Suite;

/// <summary>The machine, in one line: figures mean nothing without it.</summary>
internal static class Machine
{
    public static string Line() => string.Join(
        ", ", Processor(), CpuKernels.Available[^1], $"{Environment.ProcessorCount} cores",
        $"Linux {Read("/proc/sys/kernel/osrelease")}", RuntimeInformation.FrameworkDescription,
        $"load {string.Join(" ", Read("/proc/loadavg").Split(' ').Take(3))}");

    private static string Processor()
    {
        var line = File.ReadLines("/proc/cpuinfo")
            .FirstOrDefault(static line => line.StartsWith("model name", StringComparison.Ordinal));
        return line is null
            ? RuntimeInformation.ProcessArchitecture.ToString()
            : line[(line.IndexOf(':') + 1)..].Trim();
    }

    private static string Read(string file) => File.ReadAllText(file).Trim();
}
