using System.Text.Encodings.Web;
using System.Text.Json;

namespace Realtime.Daemon.Configuration;

[Flags]
internal enum NodeKinds
{
    None = 0,
    Null = 1,
    Boolean = 2,
    Number = 4,
    Text = 8,
    List = 16,
    Object = 32,
}

/// <summary>A member of a JSON object with the place of its name.</summary>
internal readonly record struct ConfigurationMember(string Name, int Offset, ConfigurationNode Value);

/// <summary>A JSON value that knows where it stands.</summary>
internal sealed record ConfigurationNode(NodeKinds Kind, ConfigurationSource Source, int Offset)
{
    private const int LongestQuote = 60;

    /// <summary>A string's characters, a number's digits, else empty.</summary>
    public string Text { get; init; } = "";

    public IReadOnlyList<ConfigurationNode> Items { get; init; } = [];
    public IReadOnlyList<ConfigurationMember> Members { get; init; } = [];

    /// <summary>The value as messages name it.</summary>
    public override string ToString() => Kind switch
    {
        NodeKinds.Text => Quote(Text),
        NodeKinds.Number or NodeKinds.Boolean => Text,
        NodeKinds.List => Items.Count == 0 ? "an empty list" : "a list",
        NodeKinds.Object => "an object",
        _ => "null",
    };

    /// <summary>A text in quotes on one line, shortened where it is long.</summary>
    public static string Quote(string text)
    {
        var shown = text.Length <= LongestQuote ? text : text[..LongestQuote] + "…";
        return $"\"{JsonEncodedText.Encode(shown, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
    }
}
