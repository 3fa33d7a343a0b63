using System.Globalization;
using System.Text.Json.Nodes;
using Xunit.Abstractions;

namespace Realtime.EndToEnd.Tests.Harness;

/// <summary>An independent peer: a script that makes its own models and talks to a daemon over the wire.</summary>
internal sealed class PeerScript(ITestOutputHelper output, string name)
{
    private static readonly string Seed = Environment.GetEnvironmentVariable("REALTIME_SEED") ?? "1";

    private string Program => name.EndsWith(".py", StringComparison.Ordinal) ? Programs.Python! : "node";

    private string File { get; } = Path.Combine(Programs.Peers, name);

    /// <summary>Runs the script against a daemon of its own and stops that daemon.</summary>
    public async Task RunAsync(
        string? scenario = null,
        JsonObject? configuration = null,
        bool tcp = false,
        int seconds = 120,
        bool withProcessId = false)
    {
        var folder = DaemonProcess.TemporaryFolder();
        configuration ??= [];
        if (await PrepareAsync(folder) is { } models)
            configuration["models"] = models;
        using var daemon = await DaemonProcess.StartAsync(configuration, folder, tcp);
        List<string> arguments =
        [
            File, "--ingest", daemon.Ingest, "--requests", daemon.Requests, "--predictions", daemon.Predictions,
            "--http", daemon.Http, "--folder", folder, "--seed", Seed,
        ];
        if (scenario is not null)
            arguments.AddRange(["--scenario", scenario]);
        if (withProcessId)
            arguments.AddRange(["--pid", daemon.ProcessId.ToString(CultureInfo.InvariantCulture)]);

        using var peer = new Child(Program, arguments, folder);
        var code = await peer.WaitAsync(TimeSpan.FromSeconds(seconds), name);
        output.WriteLine(peer.Output);
        Assert.True(
            code == 0, $"{name} {scenario}: exit code {code}\n{peer.Everything}\n=== the daemon\n{daemon.Everything}");
        await daemon.StopAsync();
    }

    /// <summary>The models a script made for itself; null where it uses the built-in one.</summary>
    private async Task<JsonNode?> PrepareAsync(string folder)
    {
        using var peer = new Child(Program, [File, "--prepare", folder, "--seed", Seed], folder);
        var code = await peer.WaitAsync(TimeSpan.FromSeconds(60), $"preparing {name}");
        Assert.True(code == 0, $"preparing {name}: exit code {code}\n{peer.Everything}");
        return JsonNode.Parse(peer.Output);
    }
}
