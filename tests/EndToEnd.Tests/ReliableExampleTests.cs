using System.Globalization;
using Realtime.EndToEnd.Tests.Harness;
using Realtime.Protocol;

namespace Realtime.EndToEnd.Tests;

/// <summary>The example of a reliable publisher in Python, over a wire that breaks.</summary>
public sealed class ReliableExampleTests
{
    [PythonFact]
    public async Task The_example_publishes_each_tick_once()
    {
        using var daemon = new RestartableDaemon(tcp: true);
        daemon.Start();
        using var client = daemon.Connect();
        await RunAsync(daemon.Requests, 3000);
        Check(client, 3000);
        // Started again, it goes on.
        await RunAsync(daemon.Requests, 500);
        Check(client, 3500);
    }

    [PythonFact]
    public async Task The_example_publishes_each_tick_once_over_a_wire_that_breaks()
    {
        using var daemon = new RestartableDaemon(tcp: true);
        daemon.Start();
        using var client = daemon.Connect();
        using var wire = new BreakingWire(daemon.Port, breaks: 4, seed: 5);
        await RunAsync(wire.Endpoint, 12_000);
        Check(client, 12_000);
        Assert.Equal(4, wire.Broken);
    }

    [PythonFact]
    public async Task The_example_sends_a_line_when_it_comes()
    {
        using var daemon = new RestartableDaemon();
        daemon.Start();
        using var client = daemon.Connect();
        using var example = new Child(
            "sh",
            [
                "-c", "(echo 's 1'; echo 't 2.5'; sleep 60) | exec \"$0\" \"$1\" \"$2\"",
                Programs.Python!, Path.Combine(Programs.Examples, "reliable.py"), daemon.Requests,
            ]);
        var end = DateTime.UtcNow + TimeSpan.FromSeconds(20);
        while (RestartableDaemon.CheckAccounts(client)["stepped"].AsInt64() != 2)
        {
            Assert.True(DateTime.UtcNow < end, example.Everything);
            await Task.Delay(20);
        }

        var last = RestartableDaemon.LastOf(client, ["s", "t"]);
        Assert.Equal((1UL, 1UL), (last["s"], last["t"]));
    }

    private static async Task RunAsync(string endpoint, int ticks)
    {
        using var example = new Child(
            Programs.Python!,
            [
                Path.Combine(Programs.Examples, "reliable.py"), endpoint,
                ticks.ToString(CultureInfo.InvariantCulture),
            ]);
        var code = await example.WaitAsync(TimeSpan.FromSeconds(60), "reliable.py");
        Assert.True(code == 0, $"exit code {code}\n{example.Everything}");
        Assert.Equal($"{ticks} ticks acknowledged", example.Output.Trim());
        Assert.Equal("", example.Errors);
    }

    private static void Check(RealtimeClient client, int ticks)
    {
        var state = StreamStates.Of(client, "demo/sine");
        Assert.Equal(
            ((long?)ticks, (long?)ticks, 0),
            (state["seq"].AsInt64(), state["counts"]["stepped"].AsInt64(), state["gaps"].Items.Count));
        Assert.Equal(ticks, RestartableDaemon.CheckAccounts(client)["stepped"].AsInt64());
    }
}
