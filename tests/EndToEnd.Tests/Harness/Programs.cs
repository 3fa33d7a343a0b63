namespace Realtime.EndToEnd.Tests.Harness;

/// <summary>The files and programs that these tests start.</summary>
internal static class Programs
{
    private static readonly Lazy<string?> PythonFound = new(FindPython);

    public static string Peers { get; } = Path.Combine(Repository.Root, "tests", "EndToEnd.Tests", "peers");

    public static string Examples { get; } = Path.Combine(Repository.Root, "examples");

    /// <summary>The daemon's assembly, copied beside this one by the project reference.</summary>
    public static string Daemon { get; } = Path.Combine(AppContext.BaseDirectory, "realtimed.dll");

    /// <summary>The folder of the program as <c>script/build</c> makes it.</summary>
    public static string Built { get; } = Path.Combine(Repository.Root, "artifacts", "realtimed");

    public static string Dotnet { get; } = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    /// <summary>A Python with the modules the peers need; null where there is none.</summary>
    public static string? Python => PythonFound.Value;

    /// <summary>Prometheus' own judge of metrics and rules; null where it is not there.</summary>
    public static string? Promtool => Unpacked("prometheus", "promtool");

    /// <summary>VictoriaMetrics 1.112 or later, which takes OTLP; null where it is not there.</summary>
    public static string? VictoriaMetrics => Unpacked("victoria-metrics", "victoria-metrics");

    /// <summary>The folder with the JavaScript peers' modules; null where they are not installed.</summary>
    public static string? NodeModules
    {
        get
        {
            var folder = Path.Combine(Peers, "node_modules");
            return Directory.Exists(Path.Combine(folder, "zeromq")) && Command.Exists("node") ? folder : null;
        }
    }

    // As script/test leaves Debian's packages.
    private static string? Unpacked(string package, string program)
    {
        var file = Path.Combine(Repository.Root, "artifacts", "peers", package, "usr", "bin", program);
        return File.Exists(file) ? file : null;
    }

    private static string? FindPython()
    {
        var candidates = new[] { Environment.GetEnvironmentVariable("REALTIME_PYTHON"), Command.Python, "python3" };
        return candidates.FirstOrDefault(static candidate =>
            candidate is not null && Command.Succeeds(candidate, "-c", "import zmq, msgpack, numpy"));
    }
}
