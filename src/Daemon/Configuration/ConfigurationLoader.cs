using System.Text;

namespace Realtime.Daemon.Configuration;

/// <summary>What loading gave: options, or every error found.</summary>
/// <param name="Options">Null where there are errors.</param>
/// <param name="Errors">One line each: "file:line:column: what was found, what was expected".</param>
/// <param name="File">The configuration file that was read; null for built-in defaults.</param>
/// <param name="Origins">Where each setting that was given stands, by key ("models[0].file").</param>
public sealed record ConfigurationResult(
    RealtimeOptions? Options, IReadOnlyList<string> Errors, string? File, IReadOnlyDictionary<string, string> Origins);

/// <summary>
/// Reads the configuration: built-in defaults, then the file, then environment variables
/// <c>REALTIMED__SECTION__KEY</c>, then <c>--set section.key=value</c>, the later ones winning.
/// </summary>
public static class ConfigurationLoader
{
    /// <summary>Read where no file is named and this one exists.</summary>
    public const string DefaultFile = "/etc/realtimed/realtimed.json";

    private const string Prefix = "REALTIMED__";

    private static readonly SettingTable<RealtimeOptions> Table = ConfigurationSchema.Root;

    public static ConfigurationResult Load(
        string? path, IReadOnlyDictionary<string, string> environment, IReadOnlyList<string> sets) =>
        Load(path, environment, sets, DefaultFile);

    internal static ConfigurationResult Load(
        string? path, IReadOnlyDictionary<string, string> environment, IReadOnlyList<string> sets, string defaultFile)
    {
        var report = new ConfigurationReport();
        var options = new RealtimeOptions();
        var file = path ?? (File.Exists(defaultFile) ? defaultFile : null);
        if (file is not null)
        {
            options = ReadFile(options, file, report);
        }
        options = ReadEnvironment(options, environment, report);
        for (var i = 0; i < sets.Count; i++)
        {
            options = ReadSet(options, sets[i], order: 2 + environment.Count + i, report);
        }
        ConfigurationChecks.Run(options, report);
        var errors = report.Errors;
        return new(errors.Count == 0 ? options : null, errors, file, report.Origins());
    }

    private static RealtimeOptions ReadFile(RealtimeOptions options, string file, ConfigurationReport report)
    {
        if (!TryReadBytes(file, out var text, out var fault))
        {
            report.Add(new(file, order: 0, ""), 0, fault);
            return options;
        }
        var source = new ConfigurationSource(file, order: 0, Path.GetDirectoryName(Path.GetFullPath(file))!, text);
        if (!ConfigurationParser.TryParse(text, source, out var node, out fault, out var offset))
        {
            report.Add(source, offset, fault);
            return options;
        }
        if (node!.Kind != NodeKinds.Object)
        {
            report.Add(source, node.Offset, $"found {node}, expected an object with the sections of the configuration");
            return options;
        }
        return Table.Read(options, node, "", "", report);
    }

    /// <summary>Reads the list of clients in a file of its own.</summary>
    internal static IReadOnlyList<ClientOptions> ReadClients(string file, string text, List<string> faults)
    {
        var report = new ConfigurationReport();
        var bytes = Encoding.UTF8.GetBytes(text);
        var source = new ConfigurationSource(file, order: 0, Path.GetDirectoryName(Path.GetFullPath(file))!, bytes);
        IReadOnlyList<ClientOptions> clients = [];
        if (!ConfigurationParser.TryParse(bytes, source, out var node, out var fault, out var offset))
            report.Add(source, offset, fault);
        else if (SecuritySchema.ClientList.Read(node!, "clients", report, out clients))
            SecuritySchema.CheckClients(clients, "clients", report);
        faults.AddRange(report.Errors);
        return report.Errors.Count == 0 ? clients : [];
    }

    private static bool TryReadBytes(string file, out byte[] text, out string fault)
    {
        (text, fault) = ([], "");
        if (Directory.Exists(file))
        {
            fault = "found a folder, expected a configuration file";
            return false;
        }
        try
        {
            text = File.ReadAllBytes(file);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            fault = "found no such file, expected a configuration file";
            return false;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            fault = $"found a file that cannot be read ({exception.Message}), expected a configuration file";
            return false;
        }
        if (text.AsSpan().StartsWith(Encoding.UTF8.Preamble))
        {
            text = text[Encoding.UTF8.Preamble.Length..];
        }
        return true;
    }

    private static RealtimeOptions ReadEnvironment(
        RealtimeOptions options, IReadOnlyDictionary<string, string> environment, ConfigurationReport report)
    {
        var order = 1;
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        var ours = environment.Where(pair => pair.Key.StartsWith(Prefix, StringComparison.Ordinal));
        foreach (var (variable, value) in ours.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            var source = new ConfigurationSource(variable, order++, Directory.GetCurrentDirectory());
            var written = variable[Prefix.Length..].Replace("__", ".", StringComparison.Ordinal);
            var key = Table.Keys.FirstOrDefault(known => known.Equals(written, StringComparison.OrdinalIgnoreCase));
            if (key is null)
            {
                var nearest = Table.Nearest(Cased(written), whole: true);
                var hint = nearest is null ? "" : $"; did you mean {Variable(nearest)}?";
                report.Add(source, 0, $"found an unknown variable, expected {Prefix}SECTION__KEY of a known key{hint}");
            }
            else if (!seen.TryAdd(key, variable))
            {
                report.Add(source, 0, $"found {key} a second time, expected it once: {seen[key]} sets it too");
            }
            else
            {
                options = ReadValue(options, key, value, source, report);
            }
        }
        return options;
    }

    private static RealtimeOptions ReadSet(RealtimeOptions options, string text, int order, ConfigurationReport report)
    {
        var source = new ConfigurationSource($"--set {text}", order, Directory.GetCurrentDirectory());
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0)
        {
            report.Add(source, 0, "found no \"=\", expected section.key=value");
            return options;
        }
        return ReadValue(options, text[..equals], text[(equals + 1)..], source, report);
    }

    // JSON where it is JSON of a kind that the key takes, else the characters as they are.
    private static RealtimeOptions ReadValue(
        RealtimeOptions options, string key, string value, ConfigurationSource source, ConfigurationReport report)
    {
        var accepts = Table.Find(key)?.Accepts ?? NodeKinds.Object;
        var plain = new ConfigurationNode(NodeKinds.Text, source, 0) { Text = value };
        var isJson = ConfigurationParser.TryParse(Encoding.UTF8.GetBytes(value), source, out var json, out _, out _);
        var fits = isJson && (accepts & json!.Kind) != 0;
        var node = fits || (isJson && (accepts & NodeKinds.Text) == 0) ? json! : plain;
        return Table.ReadKey(options, key, node, 0, "", report);
    }

    /// <summary>The section of a key as it is written in the file, where there is such a section.</summary>
    private static string Cased(string key)
    {
        var dot = key.LastIndexOf('.');
        var section = dot < 0 ? null
            : Table.Keys.FirstOrDefault(known => known.Equals(key[..dot], StringComparison.OrdinalIgnoreCase));
        return section is null ? key : section + key[dot..];
    }

    private static string Variable(string key) =>
        Prefix + key.Replace(".", "__", StringComparison.Ordinal).ToUpperInvariant();
}
