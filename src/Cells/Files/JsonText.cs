using System.Text.Json;
using System.Text.Unicode;

namespace Realtime.Cells.Files;

/// <summary>
/// JSON that a model file carries, checked for what System.Text.Json lets through: duplicate keys and broken text.
/// </summary>
internal static class JsonText
{
    public static JsonDocument Parse(ReadOnlyMemory<byte> utf8, string place, Origin origin)
    {
        if (!Utf8.IsValid(utf8.Span)) throw origin.Fault(place, "expected UTF-8 text, found other bytes");
        try
        {
            RefuseDuplicates(utf8.Span, place, origin);
            return JsonDocument.Parse(utf8);
        }
        catch (JsonException e)
        {
            throw origin.Fault(place, $"expected JSON: {e.Message}", e);
        }
    }

    private static void RefuseDuplicates(ReadOnlySpan<byte> utf8, string place, Origin origin)
    {
        var reader = new Utf8JsonReader(utf8);
        var open = new Stack<HashSet<string>>();
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    open.Push(new HashSet<string>(StringComparer.Ordinal));
                    break;
                case JsonTokenType.EndObject:
                    open.Pop();
                    break;
                case JsonTokenType.PropertyName:
                    string key = StringAt(ref reader, place, origin);
                    if (!open.Peek().Add(key)) throw origin.Fault(place, $"key '{key}' appears twice");
                    break;
                case JsonTokenType.String:
                    StringAt(ref reader, place, origin);
                    break;
            }
        }
    }

    private static string StringAt(ref Utf8JsonReader reader, string place, Origin origin)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            // Half a surrogate pair, written as an escape.
            throw origin.Fault(place, $"the string at byte {reader.TokenStartIndex} is not valid Unicode", e);
        }
    }
}
