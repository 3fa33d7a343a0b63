namespace Realtime.Daemon.Configuration;

/// <summary>What reading the sources has found: every error, and where each setting was given.</summary>
internal sealed class ConfigurationReport
{
    private readonly List<(int Order, int Offset, string Text)> _errors = [];
    private readonly Dictionary<string, (ConfigurationSource Source, int Offset)> _given = new(StringComparer.Ordinal);
    private readonly HashSet<string> _failed = new(StringComparer.Ordinal);

    public IReadOnlyList<string> Errors =>
        [.. _errors.OrderBy(e => e.Order).ThenBy(e => e.Offset).Select(e => e.Text)];

    public void Add(ConfigurationSource source, int offset, string text) =>
        _errors.Add((source.Order, offset, $"{source.At(offset)}: {text}"));

    /// <summary>A value that is not what its key takes.</summary>
    public void Mismatch(ConfigurationNode node, string key, string expected, string? suggestion = null)
    {
        _failed.Add(key);
        var hint = suggestion is null ? "" : $"; did you mean \"{suggestion}\"?";
        Add(node.Source, node.Offset, $"found {node} for {key}, expected {expected}{hint}");
    }

    public void Given(string key, ConfigurationNode node) => _given[key] = (node.Source, node.Offset);

    public bool HasFailed(string key) => _failed.Contains(key);

    public bool TryFind(string key, out ConfigurationSource? source, out int offset)
    {
        var found = _given.TryGetValue(key, out var place);
        (source, offset) = place;
        return found;
    }

    /// <summary>Where every setting that was given stands; what is not here has its default.</summary>
    public IReadOnlyDictionary<string, string> Origins() =>
        _given.ToDictionary(pair => pair.Key, pair => pair.Value.Source.At(pair.Value.Offset), StringComparer.Ordinal);
}
