using System.Text.Json.Nodes;

namespace Realtime.Daemon.Configuration;

/// <summary>One row of the table of settings, as <c>config schema</c> and the manual show it.</summary>
/// <param name="Key">The path from the root, "frame.maxTicks"; "[]" stands for any element of a list.</param>
/// <param name="Type">JSON type: "integer", "string or null".</param>
/// <param name="Expected">The values it takes, in words.</param>
/// <param name="Default">The built-in value as JSON; null where it must be given.</param>
/// <param name="Description">One line.</param>
public sealed record Setting(string Key, string Type, string Expected, string? Default, string Description);

/// <summary>A setting of an options record: how it is described, and how a value gets into the record.</summary>
internal abstract class Setting<TOwner>(string key, string description, bool isRequired)
{
    public string Key => key;
    public string Description => description;
    public bool IsRequired => isRequired;
    public abstract NodeKinds Accepts { get; }

    public abstract Setting Describe(string prefix, TOwner defaults);

    /// <summary>JSON Schema of its value, with description and default.</summary>
    public abstract JsonObject Schema(TOwner defaults);

    /// <summary>The value in this record, as JSON.</summary>
    public abstract string Format(TOwner owner);

    /// <summary>The record with the value in it; where it does not fit, as it was, and a line in the report.</summary>
    public abstract TOwner Apply(TOwner owner, ConfigurationNode node, string path, ConfigurationReport report);
}

internal sealed class Setting<TOwner, T>(
    string key, ValueKind<T> kind, string description, Func<TOwner, T> get, Func<TOwner, T, TOwner> with,
    bool isRequired = false) : Setting<TOwner>(key, description, isRequired)
{
    public override NodeKinds Accepts => kind.Accepts;

    public override Setting Describe(string prefix, TOwner defaults) =>
        new(prefix + Key, kind.Type, kind.Expected, IsRequired ? null : Format(defaults), Description);

    public override JsonObject Schema(TOwner defaults)
    {
        var schema = kind.Schema();
        schema["description"] = $"{Description}; {kind.Expected}";
        if (!IsRequired)
            schema["default"] = JsonNode.Parse(Format(defaults));
        return schema;
    }

    public override string Format(TOwner owner) => kind.Format(get(owner));

    public override TOwner Apply(TOwner owner, ConfigurationNode node, string path, ConfigurationReport report)
    {
        if (!kind.Read(node, path, report, out var value))
        {
            return owner;
        }
        report.Given(path, node);
        return with(owner, value);
    }
}
