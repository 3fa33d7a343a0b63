using System.Text.Json.Nodes;

namespace Realtime.Daemon.Configuration;

/// <summary>A value given for a key, what the key takes, and where to complain.</summary>
internal readonly record struct GivenValue(
    ConfigurationNode Node, string Key, string Expected, ConfigurationReport Report)
{
    /// <summary>Reports that the value is not what was expected; always false.</summary>
    public bool Mismatch(string? suggestion = null)
    {
        Report.Mismatch(Node, Key, Expected, suggestion);
        return false;
    }
}

/// <summary>Reads a value; false where it does not fit, which is then in the report.</summary>
internal delegate bool ReadValue<T>(GivenValue given, out T value);

/// <summary>What a setting takes.</summary>
/// <param name="Type">The JSON type, as the schema prints it: "integer", "string or null".</param>
/// <param name="Expected">What messages say is expected, with the range.</param>
/// <param name="Accepts">The JSON kinds it may be written as.</param>
/// <param name="Reader">Checks and converts.</param>
/// <param name="Format">The value as JSON.</param>
internal sealed record ValueKind<T>(
    string Type, string Expected, NodeKinds Accepts, ReadValue<T> Reader, Func<T, string> Format)
{
    /// <summary>JSON Schema of it; null where the type says it all.</summary>
    public Func<JsonObject>? MakeSchema { get; init; }

    public JsonObject Schema() => MakeSchema?.Invoke() ?? JsonSchemas.OfType(Type);

    public bool Read(ConfigurationNode node, string key, ConfigurationReport report, out T value) =>
        Reader(new(node, key, Expected, report), out value);
}
