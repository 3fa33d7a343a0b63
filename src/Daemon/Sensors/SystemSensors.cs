using System.IO.Enumeration;

namespace Realtime.Daemon.Sensors;

/// <summary>Processors, load, memory, processes.</summary>
internal static class SystemSensors
{
    // user nice system idle iowait irq softirq steal; guest times are in user and nice already.
    private const int ProcessorTimes = 8;
    private const int Idle = 3;
    private const int WaitingForDisk = 4;
    private const double BytesPerKibibyte = 1024;

    public static void Read(string proc, SensorSweep sweep)
    {
        ReadStat(ProcFile.Read(proc, "stat"), sweep);
        ReadLoad(ProcFile.Read(proc, "loadavg"), sweep);
        ReadMemory(ProcFile.Read(proc, "meminfo"), sweep);
        ReadProcesses(proc, sweep);
    }

    private static void ReadStat(string text, SensorSweep sweep)
    {
        foreach (var each in text.AsSpan().EnumerateLines())
        {
            var line = each;
            var name = ProcFile.NextField(ref line);
            if (name.StartsWith("cpu"))
            {
                ReadProcessor(name["cpu".Length..], line, sweep);
            }
            else if (name is "ctxt" && ProcFile.TryNextCount(ref line, out var switches))
            {
                sweep.Rate("host/context-switches", switches, "1/s");
            }
            else if (name is "intr" && ProcFile.TryNextCount(ref line, out var interrupts))
            {
                sweep.Rate("host/interrupts", interrupts, "1/s");
            }
            else if (name is "processes" && ProcFile.TryNextCount(ref line, out var forks))
            {
                sweep.Rate("host/processes/started", forks, "1/s");
            }
            else if (name is "procs_running" && ProcFile.TryNextCount(ref line, out var running))
            {
                sweep.Gauge("host/processes/running", running, "");
            }
        }
    }

    private static void ReadProcessor(ReadOnlySpan<char> number, ReadOnlySpan<char> line, SensorSweep sweep)
    {
        ulong total = 0, idle = 0;
        for (var i = 0; i < ProcessorTimes && ProcFile.TryNextCount(ref line, out var time); i++)
        {
            total += time;
            idle += i is Idle or WaitingForDisk ? time : 0;
        }
        sweep.Share(number.IsEmpty ? "host/cpu" : $"host/cpu/{number}", total - idle, total);
    }

    private static void ReadLoad(string text, SensorSweep sweep)
    {
        var line = text.AsSpan();
        foreach (var stream in (ReadOnlySpan<string>)["host/load/1m", "host/load/5m", "host/load/15m"])
        {
            if (ProcFile.TryNextNumber(ref line, out var load))
            {
                sweep.Gauge(stream, load, "");
            }
        }
    }

    private static void ReadMemory(string text, SensorSweep sweep)
    {
        double total = 0, available = double.NaN, free = double.NaN, swap = 0, swapFree = double.NaN;
        foreach (var each in text.AsSpan().EnumerateLines())
        {
            var line = each;
            var name = ProcFile.NextField(ref line);
            if (!ProcFile.TryNextNumber(ref line, out var kibibytes))
            {
                continue;
            }
            switch (name)
            {
                case "MemTotal:": total = kibibytes; break;
                case "MemAvailable:": available = kibibytes; break;
                case "MemFree:": free = kibibytes; break;
                case "SwapTotal:": swap = kibibytes; break;
                case "SwapFree:": swapFree = kibibytes; break;
            }
        }
        var unused = double.IsNaN(available) ? free : available;
        sweep.Gauge("host/memory", (total - unused) * BytesPerKibibyte, "B");
        if (swap > 0)
        {
            sweep.Gauge("host/swap", (swap - swapFree) * BytesPerKibibyte, "B");
        }
    }

    // Every folder of /proc whose name is a number is a process.
    private static void ReadProcesses(string proc, SensorSweep sweep)
    {
        if (!Directory.Exists(proc))
        {
            return;
        }
        var processes = new FileSystemEnumerable<bool>(proc, (ref FileSystemEntry _) => true)
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) =>
                char.IsAsciiDigit(entry.FileName[0]) && entry.IsDirectory,
        };
        var count = processes.Count();
        if (count > 0)
        {
            sweep.Gauge("host/processes", count, "");
        }
    }
}
