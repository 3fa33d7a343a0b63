using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Realtime.Daemon.Hosting;
using Realtime.Protocol;

namespace Realtime.Daemon.Bench;

/// <summary>A daemon of one's own, in a process and a folder of its own; both go with this object.</summary>
public sealed partial class PrivateDaemon : IDisposable
{
    private const int Terminate = 15;
    private const int LogLines = 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("realtimed-bench-");
    private readonly Queue<string> _log = new();
    private readonly Process _process;

    /// <param name="program">The program, and what comes before its verb.</param>
    /// <param name="endpoints">Where it listens; null for ipc endpoints in its folder.</param>
    /// <param name="model">The model file for all streams; null for the built-in one.</param>
    /// <param name="durability">That of a state directory in its folder; null keeps state in memory.</param>
    /// <param name="settings">What is set otherwise: "telemetry.histograms=false".</param>
    /// <param name="variables">What its environment has beside that of this program.</param>
    /// <exception cref="StartException">It does not serve.</exception>
    public PrivateDaemon(
        IReadOnlyList<string> program, BenchEndpoints? endpoints, string? model, string? durability = null,
        IReadOnlyList<string>? settings = null, IReadOnlyDictionary<string, string>? variables = null)
    {
        Endpoints = endpoints ?? new BenchEndpoints(
            $"ipc://{_folder}/requests", $"ipc://{_folder}/ingest", $"ipc://{_folder}/predictions");
        var configuration = Path.Combine(_folder.FullName, "realtimed.json");
        File.WriteAllText(configuration, Configuration(model, durability).ToJsonString());
        string[] set = [.. (settings ?? []).SelectMany(static setting => new[] { "--set", setting })];
        var start = new ProcessStartInfo(program[0], [.. program.Skip(1), "run", "--config", configuration, .. set])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        // Settings of another daemon do not reach this one.
        foreach (var name in start.Environment.Keys.Where(IsSetting).ToList())
            start.Environment.Remove(name);
        foreach (var (name, value) in variables ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        _process = new Process { StartInfo = start };
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.Start();
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        AwaitService();
    }

    public BenchEndpoints Endpoints { get; }

    /// <summary>Used by all of its threads so far.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>The program that runs now, for <c>program</c>.</summary>
    public static IReadOnlyList<string> ThisProgram =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
            ? [Environment.ProcessPath!, typeof(PrivateDaemon).Assembly.Location]
            : [Environment.ProcessPath!];

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _ = Kill(_process.Id, Terminate);
            if (!_process.WaitForExit(Patience))
                _process.Kill();
        }

        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private static bool IsSetting(string variable) =>
        variable.StartsWith("REALTIMED__", StringComparison.Ordinal)
        || variable.StartsWith("OTEL_", StringComparison.Ordinal);

    private JsonObject Configuration(string? model, string? durability)
    {
        var configuration = new JsonObject
        {
            ["endpoints"] = new JsonObject
            {
                ["requests"] = Endpoints.Requests,
                ["ingest"] = Endpoints.Ingest,
                ["predictions"] = Endpoints.Predictions,
            },
            ["http"] = new JsonObject { ["endpoint"] = null },
        };
        if (model is not null)
        {
            configuration["models"] = new JsonArray(new JsonObject
            {
                ["name"] = Path.GetFileNameWithoutExtension(model),
                ["file"] = Path.GetFullPath(model),
                ["streams"] = new JsonArray("*"),
            });
        }

        if (durability is not null)
        {
            configuration["state"] = new JsonObject
            {
                ["directory"] = Path.Combine(_folder.FullName, "state"),
                ["durability"] = durability,
            };
        }

        return configuration;
    }

    private void AwaitService()
    {
        var since = Stopwatch.StartNew();
        while (since.Elapsed < Patience && !_process.HasExited)
        {
            using var client = new RealtimeClient(new RealtimeClientOptions
            {
                Requests = Endpoints.Requests!,
                Timeout = TimeSpan.FromMilliseconds(500),
            });
            try
            {
                client.Request("hello");
                return;
            }
            catch (TimeoutException)
            {
                // Not yet.
            }
        }

        string log;
        lock (_log)
            log = string.Join(" | ", _log);
        Dispose();
        throw new StartException(ExitCode.Failed, [$"the daemon to measure does not serve: {log}"]);
    }

    // The last lines are enough to say why it does not serve.
    private void Keep(string? line)
    {
        if (line is null)
            return;
        lock (_log)
        {
            _log.Enqueue(line);
            if (_log.Count > LogLines)
                _log.Dequeue();
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}
