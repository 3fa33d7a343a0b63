using System.Diagnostics;
using System.Text;
using Realtime.Daemon.Sensors;

namespace Realtime.Daemon.Tests.Sensors;

public sealed class SensorReaderTests : IDisposable
{
    private const long Second = 1_000_000_000;

    private const string NetHead = """
        Inter-|   Receive                                                |  Transmit
         face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier

        """;

    private readonly string _root = Directory.CreateTempSubdirectory("realtimed-sensors-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Read_Processors_GivesBusySharesOfEachAndAll()
    {
        Write("proc/stat", """
            cpu  100 0 100 700 100 0 0 0 0 0
            cpu0 50 0 50 350 50 0 0 0 0 0
            cpu1 50 0 50 350 50 0 0 0 0 0
            intr 1000 1 2 3
            ctxt 5000
            processes 70
            procs_running 3
            """);
        var reader = new SensorReader(_root);
        Assert.Equal([new("host/processes/running", 3, "")], reader.Read(0));
        // 200 more, of which 20 idle and 30 waiting for a disk; guest time counts once. cpu1 did nothing.
        Write("proc/stat", """
            cpu  200 10 120 720 130 5 5 10 90 9
            cpu0 150 10 70 370 80 5 5 10 90 9
            cpu1 50 0 50 450 50 0 0 0 0 0
            intr 3000 1 2 3
            ctxt 5001
            processes 90
            procs_running 1
            """);
        Assert.Equal(
            [
                new("host/cpu", 75, "%"),
                new("host/cpu/0", 75, "%"),
                new("host/cpu/1", 0, "%"),
                new("host/interrupts", 1000, "1/s"),
                new("host/context-switches", 0.5, "1/s"),
                new("host/processes/started", 10, "1/s"),
                new("host/processes/running", 1, ""),
            ],
            reader.Read(2 * Second));
    }

    [Fact]
    public void Read_TwiceWithinOneKernelTick_LeavesTheShareForLater()
    {
        Write("proc/stat", "cpu 10 0 0 10 0 0 0 0");
        var reader = new SensorReader(_root);
        reader.Read(0);
        Assert.Empty(reader.Read(Second / 1000));
        Write("proc/stat", "cpu 11 0 0 13 0 0 0 0");
        Assert.Equal([new("host/cpu", 25, "%")], reader.Read(Second));
    }

    [Fact]
    public void Read_LoadMemoryAndProcesses_AreThereAtOnce()
    {
        Write("proc/loadavg", "0.45 1.39 12.5 2/114 7795\n");
        Write("proc/meminfo", "MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 400 kB\nSwapTotal: 50 kB\n"
            + "SwapFree: 20 kB\nHugePages_Total: 0\n");
        Write("proc/1/stat", "");
        Write("proc/4711/stat", "");
        Write("proc/sys/x", "");
        Write("proc/12", "a file is no process");
        Assert.Equal(
            [
                new("host/load/1m", 0.45, ""),
                new("host/load/5m", 1.39, ""),
                new("host/load/15m", 12.5, ""),
                new("host/memory", 600 * 1024, "B"),
                new("host/swap", 30 * 1024, "B"),
                new("host/processes", 2, ""),
            ],
            new SensorReader(_root).Read(0));
    }

    [Fact]
    public void Read_AnOldKernelWithoutSwap_TakesFreeMemory()
    {
        Write("proc/meminfo", "MemTotal: 1000 kB\nMemFree: 100 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n");
        Assert.Equal([new("host/memory", 900 * 1024, "B")], new SensorReader(_root).Read(0));
    }

    [Fact]
    public void Read_Network_GivesRatesOfInterfacesThatCarriedBytesAndNotLoopback()
    {
        Write("proc/net/dev", NetHead + """
                lo:    3193      29    0    0    0     0          0         0     3193      29    0    0    0     0
              ifb0:       0       0    0    0    0     0          0         0        0       0    0    0    0     0
              eth0:    1000       1    0    0    0     0          0         0      500       2    0    0    0     0
            eth0:1:10 1 0 0 0 0 0 0 20 1 0 0 0 0
            """);
        var reader = new SensorReader(_root);
        Assert.Empty(reader.Read(5 * Second));
        Write("proc/net/dev", NetHead + """
                lo:    9193      29    0    0    0     0          0         0     3193      29    0    0    0     0
              ifb0:       0       0    0    0    0     0          0         0        0       0    0    0    0     0
              eth0:    2000       1    0    0    0     0          0         0      500       2    0    0    0     0
            eth0:1:10 1 0 0 0 0 0 0 30 1 0 0 0 0
            """);
        Assert.Equal(
            [
                new("host/net/eth0/rx", 2000, "B/s"),
                new("host/net/eth0/tx", 0, "B/s"),
                new("host/net/eth0:1/rx", 0, "B/s"),
                new("host/net/eth0:1/tx", 20, "B/s"),
            ],
            reader.Read(5 * Second + Second / 2));
    }

    [Fact]
    public void Read_OnlyLoopback_GivesIt()
    {
        Write("proc/net/dev", NetHead + "    lo: 100 1 0 0 0 0 0 0 100 1 0 0 0 0 0 0\n");
        var reader = new SensorReader(_root);
        reader.Read(0);
        Write("proc/net/dev", NetHead + "    lo: 300 1 0 0 0 0 0 0 200 1 0 0 0 0 0 0\n");
        Assert.Equal([new("host/net/lo/rx", 200, "B/s"), new("host/net/lo/tx", 100, "B/s")], reader.Read(Second));
    }

    [Fact]
    public void Read_Disks_GivesWholeDisksInBytes()
    {
        const string Partitions = """

               8       1 sda1 9 9 900 9 9 9 900 9 0 9 9
             259       1 nvme0n1p1 9 9 900 9 9 9 900 9 0 9 9
               7       0 loop0 9 9 900 9 9 9 900 9 0 9 9
             253       0 zram0 9 9 900 9 9 9 900 9 0 9 9
              11       0 sr0 0 0 0 0 0 0 0 0 0 0 0
            """;
        Write("proc/diskstats", "   8       0 sda 9 9 100 9 9 9 200 9 0 9 9" + Partitions);
        var reader = new SensorReader(_root);
        reader.Read(0);
        Write("proc/diskstats", "   8       0 sda 9 9 110 9 9 9 240 9 0 9 9" + Partitions.Replace("900", "999"));
        Assert.Equal([new("host/disk/sda/read", 512, "B/s"), new("host/disk/sda/write", 2048, "B/s")],
            reader.Read(10 * Second).Where(r => !r.Stream.Contains("nvme")));
    }

    [Theory]
    [InlineData("sda", "sda1", false)]
    [InlineData("sda", "sdaa", true)]
    [InlineData("nvme0n1", "nvme0n1p3", false)]
    [InlineData("nvme0n1", "nvme0n2", true)]
    [InlineData("mmcblk0", "mmcblk0boot0", true)]
    public void Read_ADeviceBehindADisk_IsAPartitionByItsName(string disk, string next, bool isDisk)
    {
        var reader = new SensorReader(_root);
        for (var i = 1; i <= 2; i++)
        {
            Write("proc/diskstats", $"8 0 {disk} 1 1 {i} 1 1 1 {i} 1\n8 1 {next} 1 1 {i} 1 1 1 {i} 1\n");
            reader.Read(i * Second);
        }
        Assert.Equal(isDisk, reader.Read(3 * Second).Any(r => r.Stream == $"host/disk/{next}/read"));
    }

    [Fact]
    public void Read_ACounterThatWentBack_IsLeftOutOnceAndStartsAnew()
    {
        var reader = new SensorReader(_root);
        ulong[] counts = [ulong.MaxValue - 100, ulong.MaxValue - 10, 5, 25];
        var rates = new List<double?>();
        for (var i = 0; i < counts.Length; i++)
        {
            Write("proc/stat", $"ctxt {counts[i]}");
            var readings = reader.Read(i * Second);
            rates.Add(readings.Count == 0 ? null : Assert.Single(readings).Value);
        }
        Assert.Equal([null, 90, null, 20], rates);
    }

    [Fact]
    public void Read_AtTheSameTimeAgain_GivesNoRateAndLosesNoCount()
    {
        Write("proc/stat", "ctxt 100");
        var reader = new SensorReader(_root);
        reader.Read(0);
        Write("proc/stat", "ctxt 150");
        Assert.Empty(reader.Read(0));
        Assert.Equal(50, Assert.Single(reader.Read(Second)).Value);
    }

    [Fact]
    public void Read_Temperatures_NamesZonesAndChips()
    {
        Write("sys/class/thermal/thermal_zone0/type", "x86_pkg_temp\n");
        Write("sys/class/thermal/thermal_zone0/temp", "45500\n");
        Write("sys/class/thermal/thermal_zone1/type", "acpitz\n");
        Write("sys/class/thermal/thermal_zone1/temp", "-5000\n");
        Write("sys/class/thermal/thermal_zone2/type", "acpitz\n");
        Write("sys/class/thermal/thermal_zone2/temp", "27800\n");
        Write("sys/class/thermal/thermal_zone3/temp", "no number\n");
        Write("sys/class/thermal/cooling_device0/type", "fan\n");
        Write("sys/class/hwmon/hwmon0/name", "coretemp\n");
        Write("sys/class/hwmon/hwmon0/temp1_input", "61000\n");
        Write("sys/class/hwmon/hwmon0/temp1_label", "Package id 0\n");
        Write("sys/class/hwmon/hwmon0/temp2_input", "60000\n");
        Write("sys/class/hwmon/hwmon1/temp1_input", "-300000\n");
        Assert.Equal(
            [
                new("host/temperature/x86_pkg_temp", 45.5, "°C"),
                new("host/temperature/acpitz", -5, "°C"),
                new("host/temperature/acpitz#2", 27.8, "°C"),
                new("host/temperature/coretemp/package-id-0", 61, "°C"),
                new("host/temperature/coretemp/temp2", 60, "°C"),
            ],
            new SensorReader(_root).Read(0));
    }

    [Fact]
    public void Read_NothingThere_IsEmpty()
    {
        var reader = new SensorReader(Path.Combine(_root, "none"));
        Assert.Empty(reader.Read(0));
        Assert.Empty(reader.Read(Second));
    }

    [Theory]
    [InlineData("cpu\ncpu0 x y\nctxt\nintr -1\nprocesses 1e9\n")]
    [InlineData("cpu 1 2\0\0 3\n\n\nctxt 99999999999999999999999\n")]
    public void Read_Garbage_IsSkipped(string text)
    {
        var reader = new SensorReader(_root);
        foreach (var file in new[] { "stat", "loadavg", "meminfo", "diskstats", "net/dev" })
        {
            Write("proc/" + file, text);
        }
        reader.Read(0);
        Assert.All(reader.Read(Second), reading => Assert.True(double.IsFinite(reading.Value)));
    }

    [Fact]
    public void Read_ThisMachine_HasAtLeastEightSensorsWithValidNames()
    {
        var reader = new SensorReader();
        reader.Read(Now());
        // Long enough for every processor's counters to move; the kernel counts in hundredths of a second.
        var busy = Stopwatch.StartNew();
        while (busy.ElapsedMilliseconds < 200)
        {
            Thread.SpinWait(1000);
        }
        var readings = reader.Read(Now());
        Assert.InRange(readings.Count, 8, 10_000);
        Assert.Equal(readings.Count, readings.Select(r => r.Stream).Distinct().Count());
        Assert.All(readings, reading =>
        {
            Assert.StartsWith("host/", reading.Stream, StringComparison.Ordinal);
            Assert.InRange(Encoding.UTF8.GetByteCount(reading.Stream), 6, 255);
            Assert.DoesNotContain(reading.Stream, char.IsControl);
            Assert.True(double.IsFinite(reading.Value));
        });
        Assert.InRange(readings.Single(r => r.Stream == "host/cpu").Value, 0, 100);
        Assert.InRange(readings.Single(r => r.Stream == "host/memory").Value, 1e6, 1e15);
        Assert.Contains(readings, r => r.Stream.StartsWith("host/cpu/", StringComparison.Ordinal));
        Assert.Contains(readings, r => r.Stream == "host/load/1m");
    }

    [Fact]
    public void Read_Warm_AllocatesLittle()
    {
        var reader = new SensorReader();
        reader.Read(Now());
        reader.Read(Now());
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10; i++)
        {
            reader.Read(Now());
        }
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 10, 0, 1_000_000);
    }

    private static long Now() => (long)(Stopwatch.GetTimestamp() * (1e9 / Stopwatch.Frequency));

    private void Write(string path, string text)
    {
        var file = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
