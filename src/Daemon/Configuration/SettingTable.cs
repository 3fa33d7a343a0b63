using System.Text.Json.Nodes;

namespace Realtime.Daemon.Configuration;

/// <summary>The settings of an options record by key, and how a JSON object is read into the record.</summary>
internal sealed class SettingTable<TOwner>
{
    private readonly Dictionary<string, Setting<TOwner>> _settings;
    private readonly HashSet<string> _sections;

    public SettingTable(params Setting<TOwner>[] settings)
    {
        _settings = settings.ToDictionary(setting => setting.Key, StringComparer.Ordinal);
        _sections = settings.Where(setting => setting.Key.Contains('.'))
            .Select(setting => setting.Key[..setting.Key.LastIndexOf('.')]).ToHashSet(StringComparer.Ordinal);
        Rows = settings;
    }

    public IReadOnlyList<Setting<TOwner>> Rows { get; }

    /// <summary>Every key and section.</summary>
    public IEnumerable<string> Keys => _settings.Keys.Concat(_sections);

    public Setting<TOwner>? Find(string key) => _settings.GetValueOrDefault(key);

    /// <summary>Reads an object's members into the record.</summary>
    /// <param name="owner">The record to start from.</param>
    /// <param name="node">The object.</param>
    /// <param name="section">The section it is, empty for the whole.</param>
    /// <param name="path">What messages put before its keys: "", "models[0]."</param>
    /// <param name="report">Takes errors and places.</param>
    public TOwner Read(
        TOwner owner, ConfigurationNode node, string section, string path, ConfigurationReport report)
    {
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (name, offset, value) in node.Members)
        {
            var key = section.Length == 0 ? name : $"{section}.{name}";
            if (!seen.TryAdd(name, offset))
            {
                report.Add(node.Source, offset, $"found {path}{key} a second time, expected it once: "
                    + $"it is at {node.Source.At(seen[name])}");
                continue;
            }
            owner = ReadKey(owner, key, value, offset, path, report);
        }
        foreach (var missing in Children(section).Where(s => s.IsRequired && !seen.ContainsKey(s.Key)))
        {
            report.Add(node.Source, node.Offset,
                $"found no \"{missing.Key}\" in {path.TrimEnd('.')}, expected one: {missing.Description}");
        }
        return owner;
    }

    /// <summary>Reads the value of one key, a setting or a section.</summary>
    public TOwner ReadKey(
        TOwner owner, string key, ConfigurationNode value, int offset, string path, ConfigurationReport report)
    {
        if (_settings.TryGetValue(key, out var setting))
        {
            return setting.Apply(owner, value, path + key, report);
        }
        if (!_sections.Contains(key))
        {
            var nearest = Nearest(key);
            var hint = nearest is null ? "" : $"; did you mean \"{nearest}\"?";
            report.Add(value.Source, offset, $"found the unknown key {ConfigurationNode.Quote(path + key)}, "
                + $"expected {string.Join(", ", Names(KnownSectionOf(key)))}{hint}");
            return owner;
        }
        if (value.Kind != NodeKinds.Object)
        {
            report.Mismatch(value, path + key, $"an object with {string.Join(", ", Names(key))}");
            return owner;
        }
        return Read(owner, value, key, path, report);
    }

    /// <summary>The nearest key: within the section its bare name, elsewhere its whole path.</summary>
    public string? Nearest(string key, bool whole = false)
    {
        var section = SectionOf(key);
        var name = key[(key.LastIndexOf('.') + 1)..];
        return NearestName.Find(name, Keys.Select(known => SectionOf(known) == section
            ? (LastOf(known), whole ? known : LastOf(known), 0)
            : (LastOf(known), known, 2)));
    }

    /// <summary>JSON Schema of the object that holds these settings, a section being an object in it.</summary>
    public JsonObject Schema(TOwner defaults) => Schema(defaults, "");

    private JsonObject Schema(TOwner defaults, string section)
    {
        var properties = new JsonObject();
        foreach (var row in Children(section))
            properties[LastOf(row.Key)] = row.Schema(defaults);
        foreach (var inner in _sections.Where(key => SectionOf(key) == section))
            properties[LastOf(inner)] = Schema(defaults, inner);
        var required = Children(section).Where(static row => row.IsRequired).Select(row => LastOf(row.Key));
        return JsonSchemas.Object(properties, required);
    }

    public string Format(TOwner owner) =>
        $"{{{string.Join(", ", Rows.Select(row => $"\"{row.Key}\": {row.Format(owner)}"))}}}";

    private static string SectionOf(string key) => key.Contains('.') ? key[..key.LastIndexOf('.')] : "";

    // A key may hold dots of its own: what it lies in is the innermost section that there is.
    private string KnownSectionOf(string key)
    {
        var section = SectionOf(key);
        while (section.Length != 0 && !_sections.Contains(section))
        {
            section = SectionOf(section);
        }
        return section;
    }

    private static string LastOf(string key) => key[(key.LastIndexOf('.') + 1)..];

    private IEnumerable<Setting<TOwner>> Children(string section) => Rows.Where(row => SectionOf(row.Key) == section);

    private IEnumerable<string> Names(string section) =>
        Keys.Where(key => SectionOf(key) == section).Select(LastOf);
}
