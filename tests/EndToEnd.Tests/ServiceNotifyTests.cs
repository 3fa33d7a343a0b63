using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Realtime.EndToEnd.Tests.Harness;

namespace Realtime.EndToEnd.Tests;

/// <summary>What the daemon tells a service manager, played by the test: in which order, and when it stops.</summary>
public sealed class ServiceNotifyTests : IDisposable
{
    private const int Hangup = 1;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string _folder = DaemonProcess.TemporaryFolder();
    private readonly NotifyListener _manager;

    public ServiceNotifyTests() => _manager = new NotifyListener(_folder);

    private string Configuration => Path.Combine(_folder, "realtimed.json");

    public void Dispose()
    {
        _manager.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task From_the_start_to_the_end_everything_is_told_in_its_order()
    {
        Configure("");
        using var daemon = Start(Programs.Daemon);
        var ready = await _manager.AwaitAsync("READY=1");
        Assert.Contains("STATUS=serving 0 streams, 0 ticks/s", _manager.Told[ready].Text);
        Assert.All(_manager.Told.Take(ready), static one => Assert.StartsWith("EXTEND_TIMEOUT_USEC=", one.Text));
        var beats = await AwaitBeatsAsync(ready, 3);

        Configure("\"frame\": { \"maxTicks\": 100 },");
        daemon.Signal(Hangup);
        var reloading = await _manager.AwaitAsync("RELOADING=1", beats);
        var words = _manager.Told[reloading].Text.Split('\n');
        var time = long.Parse(
            words.Single(static word => word.StartsWith("MONOTONIC_USEC=", StringComparison.Ordinal)).Split('=')[1],
            CultureInfo.InvariantCulture);
        Assert.InRange(Stopwatch.GetTimestamp() / 1000 - time, 0, 60_000_000);
        var again = await _manager.AwaitAsync("READY=1", reloading);
        Assert.DoesNotContain("not reloaded", _manager.Told[again].Text);

        Configure("\"frame\": { \"maxTick\": 100 },");
        daemon.Signal(Hangup);
        reloading = await _manager.AwaitAsync("RELOADING=1", again);
        again = await _manager.AwaitAsync("READY=1", reloading);
        Assert.Matches("not reloaded at [0-9:]{8}Z, the old configuration stays: ", _manager.Told[again].Text);
        Assert.Contains("realtimed.json:1:13: found the unknown key", _manager.Told[again].Text);
        await AwaitBeatsAsync(again, 2);

        Configure("");
        daemon.Signal(Hangup);
        again = await _manager.AwaitAsync("READY=1", again + 1);
        Assert.DoesNotContain("not reloaded", _manager.Told[again].Text);
        daemon.Signal(Child.Terminate);
        var stopping = await _manager.AwaitAsync("STOPPING=1", again);
        Assert.Contains("EXTEND_TIMEOUT_USEC=", _manager.Told[stopping].Text);
        Assert.Equal(0, await daemon.WaitAsync(Patience, "the daemon's end"));
    }

    [FaultFact]
    public async Task A_loop_that_hangs_feeds_no_watchdog()
    {
        Configure("");
        using var daemon = Start(FaultyBuild.Daemon);
        var ready = await _manager.AwaitAsync("READY=1");
        await AwaitBeatsAsync(ready, 3);
        daemon.Signal(FaultyBuild.Hang);
        // The signal may take a while to be seen.
        await Task.Delay(TimeSpan.FromSeconds(2));
        var count = _manager.Told.Count;
        await Task.Delay(TimeSpan.FromSeconds(4));
        Assert.False(daemon.HasExited);
        Assert.Equal(count, _manager.Told.Count);
    }

    [Fact]
    public async Task A_recovery_asks_for_time_and_says_how_far_it_is()
    {
        Configure($"\"state\": {{ \"directory\": \"{_folder}/state\" }},");
        using (var first = Start(Programs.Daemon))
        {
            await _manager.AwaitAsync("READY=1");
            first.Signal(RestartableDaemon.Kill);
            await first.WaitAsync(Patience, "a killed daemon's end");
        }

        var from = _manager.Told.Count;
        using var daemon = Start(Programs.Daemon);
        var ready = await _manager.AwaitAsync("READY=1", from);
        var before = _manager.Told.Skip(from).Take(ready - from).Select(static one => one.Text).ToArray();
        Assert.NotEmpty(before);
        Assert.All(before, static text =>
        {
            Assert.StartsWith("EXTEND_TIMEOUT_USEC=60000000\nSTATUS=recovering: ", text);
            Assert.DoesNotContain("WATCHDOG", text);
        });
        daemon.Signal(Child.Terminate);
        Assert.Equal(0, await daemon.WaitAsync(Patience, "the daemon's end"));
    }

    [Fact]
    public void Only_the_build_for_faults_can_be_made_to_hang()
    {
        Assert.False(Has(Programs.Daemon), "the ordinary build has the hook");
        if (FaultyBuild.Missing is null)
            Assert.True(Has(FaultyBuild.Daemon), "the build for faults lacks the hook");

        static bool Has(string assembly) => File.ReadAllBytes(assembly).AsSpan().IndexOf("FaultInjection"u8) >= 0;
    }

    // Each is a second behind the one before; returns the index of the last.
    private async Task<int> AwaitBeatsAsync(int from, int count)
    {
        var at = from;
        for (var i = 0; i < count; i++)
            at = await _manager.AwaitAsync("WATCHDOG=1", at + 1);
        var times = _manager.Told.Skip(from + 1).Where(static one => one.Text.Contains("WATCHDOG=1"))
            .Select(static one => one.At).ToArray();
        for (var i = 1; i < times.Length; i++)
            Assert.InRange((times[i] - times[i - 1]).TotalSeconds, 0.5, 3);
        return at;
    }

    private void Configure(string settings)
    {
        var endpoints = new JsonObject
        {
            ["ingest"] = $"ipc://{_folder}/ingest",
            ["requests"] = $"ipc://{_folder}/requests",
            ["predictions"] = $"ipc://{_folder}/predictions",
        };
        File.WriteAllText(Configuration, $"{{{settings} \"http\": {{ \"endpoint\": null }}, "
            + $"\"endpoints\": {endpoints.ToJsonString()} }}");
    }

    private Child Start(string daemon) => new(
        "env",
        [$"NOTIFY_SOCKET={_manager.Address}", "WATCHDOG_USEC=3000000", Programs.Dotnet, daemon, "run", "--config",
            Configuration],
        _folder);
}
