using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Realtime.EndToEnd.Tests.Harness;
using Realtime.Protocol;

namespace Realtime.EndToEnd.Tests;

/// <summary>The program as its surroundings see it: signals, exit codes, messages.</summary>
public sealed partial class ProcessTests : IDisposable
{
    private readonly string _folder = DaemonProcess.TemporaryFolder();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(Child.Terminate)]
    [InlineData(Child.Interrupt)]
    public async Task Run_Signalled_StopsSoonWithExitCodeZero(int signal)
    {
        using var daemon = await DaemonProcess.StartAsync();
        var watch = Stopwatch.StartNew();
        await daemon.StopAsync(signal);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    [Theory]
    [InlineData("block")]
    [InlineData("spin")]
    public async Task Run_UnderLoad_AddsUpAtAllTimesAndStopsSoon(string idle)
    {
        using var daemon = await DaemonProcess.StartAsync(new() { ["frame"] = new JsonObject { ["idle"] = idle } });
        using var stop = new CancellationTokenSource();
        var load = Task.Run(() => Flood(daemon.Ingest, stop.Token));
        for (var i = 0; i < 20; i++)
        {
            await Task.Delay(50);
            await daemon.CheckAccountsAsync();
        }

        var stats = await daemon.StatsAsync();
        foreach (var outcome in new[] { "stepped", "duplicate", "rejected" })
            Assert.True((long)stats[outcome]! > 100, $"a load with many {outcome}: {stats}");
        var watch = Stopwatch.StartNew();
        await daemon.StopAsync();
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(7));
        await stop.CancelAsync();
        await load;
    }

    [Fact]
    public async Task Run_WithPortZero_LogsTheEndpointsItChose()
    {
        var endpoints = new JsonObject
        {
            ["ingest"] = "tcp://127.0.0.1:0",
            ["requests"] = "tcp://127.0.0.1:0",
            ["predictions"] = "tcp://127.0.0.1:0",
        };
        using var daemon = await DaemonProcess.StartAsync(new() { ["endpoints"] = endpoints });
        var chosen = ChosenEndpoint().Matches(daemon.Everything).Select(static match => match.Value).Distinct();
        Assert.True(chosen.Count() >= 3, $"three endpoints with ports above 0 in the log\n{daemon.Everything}");
        await daemon.StopAsync();
    }

    [Theory]
    [InlineData("{\n  \"streams\": { \"maxx\": 5 }\n}", 2, "max")]
    [InlineData("{\n  // a comment\n  \"frame\": { \"maxTicks\": \"many\" }\n}", 3, "many")]
    [InlineData("{\n  \"streams\": {\n    \"max\": -1\n  }\n}", 3, "-1")]
    [InlineData("{\n  \"streams\": { \"onGap\": \"jump\" }\n}", 2, "impute")]
    [InlineData("{ \"streams\": ", 1, "")]
    public async Task Run_WithWrongConfiguration_Exits78NamingThePlace(string text, int line, string named)
    {
        var file = Path.Combine(_folder, "wrong.json");
        await File.WriteAllTextAsync(file, text);
        var (code, errors) = await RunAsync("run", "--config", file);
        Assert.Equal(78, code);
        Assert.Matches($@"{Regex.Escape(file)}:{line}:[0-9]+: ", errors);
        Assert.Contains(named, errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_WithMissingConfiguration_Exits78NamingTheFile()
    {
        var file = Path.Combine(_folder, "absent.json");
        var (code, errors) = await RunAsync("run", "--config", file);
        Assert.Equal(78, code);
        Assert.Contains(file, errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_WithWrongModel_Exits78NamingIt()
    {
        var file = Path.Combine(_folder, "realtimed.json");
        await File.WriteAllTextAsync(Path.Combine(_folder, "broken.safetensors"), "not a model");
        await File.WriteAllTextAsync(file, """{"models": [{"name": "broken", "file": "broken.safetensors"}]}""");
        var (code, errors) = await RunAsync("run", "--config", file);
        Assert.Equal(78, code);
        Assert.Contains("broken.safetensors", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run", "--no-such-option")]
    [InlineData("no-such-verb")]
    [InlineData("run", "--config")]
    public async Task Program_WronglyUsed_Exits64(params string[] arguments)
    {
        var (code, errors) = await RunAsync(arguments);
        Assert.Equal(64, code);
        Assert.NotEqual("", errors.Trim());
    }

    [GeneratedRegex(@"tcp://127\.0\.0\.1:[1-9][0-9]*")]
    private static partial Regex ChosenEndpoint();

    // Good ticks, ticks without a stream, and duplicates, until told to stop or the daemon takes no more.
    private static void Flood(string endpoint, CancellationToken stop)
    {
        using var client = new RealtimeClient(new() { Ingest = endpoint, Timeout = TimeSpan.FromMilliseconds(500) });
        try
        {
            for (ulong i = 0; !stop.IsCancellationRequested; i++)
                client.Publish(i % 5 == 0 ? "" : $"load/{i % 50}", [i % 17], seq: i / 60);
        }
        catch (TimeoutException)
        {
            // The daemon has gone.
        }
    }

    private async Task<(int Code, string Errors)> RunAsync(params string[] arguments)
    {
        using var process = new Child(Programs.Dotnet, [Programs.Daemon, .. arguments], _folder);
        var code = await process.WaitAsync(TimeSpan.FromSeconds(30), string.Join(' ', arguments));
        return (code, process.Errors);
    }
}
