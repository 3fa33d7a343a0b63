using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Realtime.EndToEnd.Tests.Harness;

/// <summary>The real daemon in a process and a temporary folder of its own, serving once started.</summary>
internal sealed class DaemonProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly HttpClient _http = new() { Timeout = Patience };
    private readonly Child _process;

    private DaemonProcess(
        JsonObject configuration, string folder, bool tcp, string[] arguments,
        IReadOnlyDictionary<string, string>? environment)
    {
        Folder = folder;
        Http = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Find()}");
        Ingest = Endpoint("ingest", tcp);
        Requests = Endpoint("requests", tcp);
        Predictions = Endpoint("predictions", tcp);
        var endpoints = (configuration["endpoints"] ??= new JsonObject()).AsObject();
        endpoints["ingest"] ??= Ingest;
        endpoints["requests"] ??= Requests;
        endpoints["predictions"] ??= Predictions;
        configuration["http"] ??= new JsonObject { ["endpoint"] = Http };
        var file = Path.Combine(folder, "realtimed.json");
        File.WriteAllText(file, configuration.ToJsonString());
        _process = new Child(
            Programs.Dotnet, [Programs.Daemon, "run", "--config", file, .. arguments], folder, environment);
    }

    public string Folder { get; }

    public string Http { get; }

    public string Ingest { get; }

    public string Requests { get; }

    public string Predictions { get; }

    public int ProcessId => _process.Id;

    public string Everything => _process.Everything;

    /// <summary>Starts a daemon and waits until it serves. The endpoints are added to the configuration.</summary>
    public static Task<DaemonProcess> StartAsync(
        JsonObject? configuration = null, string? folder = null, bool tcp = false, params string[] arguments) =>
        StartWithAsync(null, configuration, folder, tcp, arguments);

    /// <summary>The same with variables of its environment.</summary>
    public static async Task<DaemonProcess> StartWithAsync(
        IReadOnlyDictionary<string, string>? environment, JsonObject? configuration = null, string? folder = null,
        bool tcp = false, params string[] arguments)
    {
        var daemon = new DaemonProcess(
            configuration ?? [], folder ?? TemporaryFolder(), tcp, arguments, environment);
        try
        {
            await daemon.WaitUntilReadyAsync();
            return daemon;
        }
        catch
        {
            daemon.Dispose();
            throw;
        }
    }

    public static string TemporaryFolder() => Directory.CreateTempSubdirectory("realtimed-").FullName;

    public async Task<JsonObject> StatsAsync() => (await _http.GetFromJsonAsync<JsonObject>($"{Http}/api/stats"))!;

    public async Task<string> GetAsync(string path) => await _http.GetStringAsync($"{Http}{path}");

    /// <summary>No tick is dropped in silence: one received is stepped, duplicate, rejected or refused.</summary>
    public async Task CheckAccountsAsync()
    {
        Assert.False(_process.HasExited, $"the daemon is gone\n{Everything}");
        var stats = await StatsAsync();
        var outcomes = new[] { "stepped", "duplicate", "rejected", "refused" }.Sum(name => (long)stats[name]!);
        Assert.True((long)stats["received"]! == outcomes, $"received is not the sum of outcomes: {stats}");
    }

    /// <summary>Checks the accounts, stops the daemon by a signal, and checks that it ends well and soon.</summary>
    public async Task StopAsync(int signal = Child.Terminate)
    {
        await CheckAccountsAsync();
        _process.Signal(signal);
        var code = await _process.WaitAsync(TimeSpan.FromSeconds(10), "stopping the daemon");
        Assert.True(code == 0, $"exit code {code} after signal {signal}\n{Everything}");
    }

    /// <summary>Kills the process, without a chance to end anything, and waits until it is gone.</summary>
    public async Task KillAsync()
    {
        _process.Signal(RestartableDaemon.Kill);
        await _process.WaitAsync(Patience, "a killed daemon's end");
    }

    public void Dispose()
    {
        _process.Dispose();
        _http.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private string Endpoint(string name, bool tcp) => tcp
        ? string.Create(CultureInfo.InvariantCulture, $"tcp://127.0.0.1:{FreePort.Find()}")
        : $"ipc://{Folder}/{name}";

    private async Task WaitUntilReadyAsync()
    {
        var deadline = DateTime.UtcNow + Patience;
        while (true)
        {
            Assert.False(_process.HasExited, $"the daemon ended before it was ready\n{Everything}");
            Assert.True(DateTime.UtcNow < deadline, $"the daemon is not ready after {Patience}\n{Everything}");
            try
            {
                using var reply = await _http.GetAsync(new Uri($"{Http}/readyz"));
                if (reply.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            await Task.Delay(50);
        }
    }
}
