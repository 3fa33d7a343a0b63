using System.Text.Json.Nodes;
using Realtime.EndToEnd.Tests.Harness;
using Realtime.Gpu;
using Realtime.Protocol;

namespace Realtime.EndToEnd.Tests;

/// <summary>
/// The daemon with its states on a device, or where there is none. README.md tells how all other tests run on one.
/// </summary>
public sealed class GpuTests : IDisposable
{
    private const string Stream = "plant/1";

    private readonly string _folder = DaemonProcess.TemporaryFolder();

    private string State => Path.Combine(_folder, "state");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [PoclFact]
    public async Task On_a_device_bits_outlive_a_kill_and_replay_verifies_them()
    {
        byte[] before;
        using (var daemon = await StartAsync("gpu", "pocl"))
        {
            var stats = await daemon.StatsAsync();
            Assert.Equal("gpu", (string?)stats["engine"]);
            Assert.Equal("opencl", (string?)stats["kernel"]);
            Assert.Equal(Device!.Name, (string?)stats["device"]);
            Assert.Contains($"Engine gpu, opencl {Device.Name}", daemon.Everything, StringComparison.Ordinal);
            using var client = Connect(daemon);
            Take(client, 1, 80);
            before = Bytes(client);
            await daemon.KillAsync();
        }

        var segment = Directory.GetFiles(State, "*.rtj").Order(StringComparer.Ordinal).First();
        Assert.Contains("\"engine\":\"gpu\",\"kernel\":\"opencl-", await File.ReadAllTextAsync(segment));
        using (var daemon = await StartAsync("gpu", "pocl"))
        {
            using var client = Connect(daemon);
            Assert.Equal(before, Bytes(client));
            Take(client, 81, 90);
            await daemon.StopAsync();
        }

        var (code, output) = await RunAsync(null, "replay", State, "--verify");
        Assert.True(code == 0, output);
        Assert.Contains("on gpu/opencl-", output, StringComparison.Ordinal);
    }

    [PoclFact]
    public async Task States_go_from_a_device_to_the_processor_and_back_with_a_warning()
    {
        foreach (var (kind, from) in new[] { ("gpu", 1UL), ("cpu", 41UL), ("gpu", 81UL) })
        {
            using var daemon = await StartAsync(kind, kind == "gpu" ? "pocl" : null);
            Assert.Equal(kind, (string?)(await daemon.StatsAsync())["engine"]);
            if (from > 1)
                Assert.Contains(" became ", daemon.Everything, StringComparison.Ordinal);
            using var client = Connect(daemon);
            Take(client, from, from + 39);
            await daemon.StopAsync();
        }
    }

    [Fact]
    public async Task Without_a_device_gpu_exits_78_with_one_line()
    {
        var (code, output) = await RunAsync(NoDevices(), "run", "--set", "engine.kind=gpu");
        Assert.Equal(78, code);
        var line = Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("engine.kind: gpu, but ", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_device_auto_takes_the_processor_and_says_why_in_one_line()
    {
        using var daemon = await DaemonProcess.StartWithAsync(
            NoDevices(), arguments: ["--set", "engine.kind=auto", "--set", "engine.device=null"]);
        var stats = await daemon.StatsAsync();
        Assert.Equal(("cpu", null), ((string?)stats["engine"], (string?)stats["device"]));
        Assert.Single(daemon.Everything.Split('\n'), line => line.Contains("OpenCL:", StringComparison.Ordinal));
        await daemon.StopAsync();
    }

    private static GpuDevice? Device => GpuDevices.Find("pocl").Chosen;

    // The loader finds no driver there.
    private Dictionary<string, string> NoDevices() => new()
    {
        ["OCL_ICD_VENDORS"] = _folder,
        ["REALTIMED__ENGINE__DEVICE"] = "null",
        ["CUDA_VISIBLE_DEVICES"] = "",
    };

    private static void Take(RealtimeClient client, ulong from, ulong to)
    {
        for (var seq = from; seq <= to; seq++)
            Assert.Equal(1UL, client.Send(Stream, [seq % 9], seq).Ack.Accepted);
    }

    private static byte[] Bytes(RealtimeClient client)
    {
        var writer = new Protocol.MessagePack.MessagePackWriter();
        StreamStates.Of(client, Stream).WriteTo(writer);
        return writer.Written.ToArray();
    }

    private static RealtimeClient Connect(DaemonProcess daemon) =>
        new(new() { Requests = daemon.Requests, Timeout = TimeSpan.FromSeconds(20) });

    private Task<DaemonProcess> StartAsync(string kind, string? device) => DaemonProcess.StartAsync(
        new JsonObject
        {
            ["engine"] = new JsonObject { ["kind"] = kind, ["device"] = device },
            ["state"] = new JsonObject { ["directory"] = State },
        },
        arguments: ["--set", $"engine.kind={kind}", "--set", $"engine.device={device ?? "null"}"]);

    private async Task<(int Code, string Output)> RunAsync(
        Dictionary<string, string>? environment, params string[] arguments)
    {
        using var process = new Child(Programs.Dotnet, [Programs.Daemon, .. arguments], _folder, environment);
        var code = await process.WaitAsync(TimeSpan.FromSeconds(60), string.Join(' ', arguments));
        return (code, process.Output + process.Errors);
    }
}

/// <summary>A fact that needs this machine's processor as an OpenCL device; skipped where it is none.</summary>
internal sealed class PoclFactAttribute : FactAttribute
{
    public PoclFactAttribute()
    {
        if (GpuDevices.Find("pocl").Chosen is null)
            Skip = "SKIPPED: no OpenCL device 'pocl' (Debian: ocl-icd-libopencl1 pocl-opencl-icd)";
    }
}
