using System.Globalization;
using System.Text.Json.Nodes;
using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.EndToEnd.Tests.Harness;

/// <summary>The real daemon, to be killed and started again on the same endpoints and the same folder.</summary>
internal sealed class RestartableDaemon : IDisposable
{
    public const int Kill = 9;
    public const int Continue = 18;
    public const int Halt = 19;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string _folder = DaemonProcess.TemporaryFolder();
    private readonly string _configuration;
    private readonly string[] _settings;
    private Child? _process;

    /// <param name="configuration">Without endpoints.</param>
    /// <param name="tcp">Whether requests come by TCP; else by a socket in the folder.</param>
    /// <param name="settings">section.key=value each, where $folder stands for the daemon's.</param>
    public RestartableDaemon(JsonObject? configuration = null, bool tcp = false, params string[] settings)
    {
        Port = tcp ? FreePort.Find() : 0;
        Requests = tcp
            ? string.Create(CultureInfo.InvariantCulture, $"tcp://127.0.0.1:{Port}") : $"ipc://{_folder}/requests";
        configuration ??= [];
        configuration["endpoints"] = new JsonObject
        {
            ["ingest"] = $"ipc://{_folder}/ingest",
            ["requests"] = Requests,
            ["predictions"] = $"ipc://{_folder}/predictions",
        };
        configuration["http"] = new JsonObject { ["endpoint"] = null };
        _configuration = Path.Combine(_folder, "realtimed.json");
        File.WriteAllText(_configuration, configuration.ToJsonString());
        _settings = [.. settings.SelectMany(setting => new[] { "--set", setting.Replace("$folder", _folder) })];
    }

    /// <summary>Variables of the environment, beside those of the tests.</summary>
    public Dictionary<string, string> Environment { get; init; } = [];

    public string Requests { get; }

    public string Predictions => $"ipc://{_folder}/predictions";

    /// <summary>Where the state lives that the settings put into $folder/state.</summary>
    public string State => Path.Combine(_folder, "state");

    /// <summary>Of requests, where they come by TCP.</summary>
    public int Port { get; }

    /// <summary>What a failure shows: the output of the process started last.</summary>
    public string Everything => _process?.Everything ?? "not started";

    /// <summary>Starts the process; does not wait until it serves.</summary>
    public void Start() => _process = new Child(
        Programs.Dotnet, [Programs.Daemon, "run", "--config", _configuration, .. _settings], _folder, Environment);

    public void Signal(int signal) => _process!.Signal(signal);

    /// <summary>Kills the process, without a chance to end anything, and waits until it is gone.</summary>
    public async Task KillAsync()
    {
        Assert.False(_process!.HasExited, $"the daemon ended by itself\n{Everything}");
        _process.Signal(Kill);
        await _process.WaitAsync(Patience, "a killed daemon's end");
        _process.Dispose();
    }

    /// <summary>Waits until the process has ended by itself, or by a signal sent; the code it ended with, and all it
    /// said.</summary>
    public async Task<(int Code, string Said)> EndedAsync()
    {
        var code = await _process!.WaitAsync(Patience, "the daemon's end");
        var said = _process.Output + _process.Errors;
        _process.Dispose();
        _process = null;
        return (code, said);
    }

    /// <summary>A client of the daemon, once that serves.</summary>
    public RealtimeClient Connect()
    {
        var client = new RealtimeClient(new() { Requests = Requests, Timeout = Patience });
        try
        {
            client.Request("hello");
            return client;
        }
        catch (TimeoutException)
        {
            client.Dispose();
            Assert.Fail($"the daemon does not serve\n{Everything}");
            throw;
        }
    }

    /// <summary>The last sequence number of each stream, as the daemon has it.</summary>
    public static Dictionary<string, ulong?> LastOf(RealtimeClient client, IReadOnlyCollection<string> streams)
    {
        var hello = client.Request("hello", 1, request =>
        {
            request.WriteString("streams");
            request.WriteArrayHeader(streams.Count);
            foreach (var stream in streams)
                request.WriteString(stream);
        });
        return hello["streams"].Entries.ToDictionary(static entry => entry.Key, static entry => entry.Value.AsUInt64());
    }

    /// <summary>Checks that no tick is dropped in silence.</summary>
    public static MessagePackValue CheckAccounts(RealtimeClient client)
    {
        var stats = client.Request("stats");
        var outcomes = new[] { "stepped", "duplicate", "rejected", "refused" }
            .Sum(name => stats[name].AsInt64()!.Value);
        Assert.Equal(stats["received"].AsInt64(), outcomes);
        return stats;
    }

    public void Dispose()
    {
        _process?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
