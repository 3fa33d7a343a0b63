using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Realtime.Daemon.Configuration;

/// <summary>JSON with comments and trailing commas to nodes that know their place.</summary>
internal sealed class ConfigurationParser
{
    private static readonly JsonReaderOptions Dialect = new()
    {
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
    };

    private readonly ConfigurationSource _source;
    private readonly Stack<(char Closing, int Offset)> _open = new();

    private ConfigurationParser(ConfigurationSource source) => _source = source;

    /// <summary>False where the bytes are not JSON: <paramref name="fault"/> says why and offset where.</summary>
    public static bool TryParse(
        byte[] text, ConfigurationSource source, out ConfigurationNode? node, out string fault, out int offset)
    {
        (node, fault, offset) = (null, "", 0);
        if (!Utf8.IsValid(text))
        {
            offset = FirstInvalidByte(text);
            fault = $"found the byte 0x{text[offset]:x2}, expected UTF-8";
            return false;
        }
        var parser = new ConfigurationParser(source);
        try
        {
            node = parser.Parse(text);
            return true;
        }
        catch (JsonException exception)
        {
            offset = OffsetOf(text, exception);
            var atEnd = IsBlank(text.AsSpan(offset));
            var isText = exception.Message.Contains("within a JSON string", StringComparison.Ordinal);
            if (!atEnd && !isText && Foreign(text, ref offset) is { } foreign)
                fault = foreign;
            else
                fault = parser.Describe(exception, atEnd);
            return false;
        }
    }

    private ConfigurationNode Parse(byte[] text)
    {
        var reader = new Utf8JsonReader(text, Dialect);
        reader.Read();
        var root = Value(ref reader);
        reader.Read();
        return root;
    }

    private ConfigurationNode Value(ref Utf8JsonReader reader)
    {
        var offset = (int)reader.TokenStartIndex;
        return reader.TokenType switch
        {
            JsonTokenType.StartObject => Object(ref reader, offset),
            JsonTokenType.StartArray => List(ref reader, offset),
            JsonTokenType.String => new(NodeKinds.Text, _source, offset) { Text = Characters(ref reader) },
            JsonTokenType.Number => new(NodeKinds.Number, _source, offset)
            {
                Text = Encoding.ASCII.GetString(reader.ValueSpan),
            },
            JsonTokenType.True => new(NodeKinds.Boolean, _source, offset) { Text = "true" },
            JsonTokenType.False => new(NodeKinds.Boolean, _source, offset) { Text = "false" },
            _ => new(NodeKinds.Null, _source, offset),
        };
    }

    private ConfigurationNode Object(ref Utf8JsonReader reader, int offset)
    {
        var members = new List<ConfigurationMember>();
        _open.Push(('}', offset));
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var place = (int)reader.TokenStartIndex;
            var name = Characters(ref reader);
            reader.Read();
            members.Add(new(name, place, Value(ref reader)));
        }
        _open.Pop();
        return new(NodeKinds.Object, _source, offset) { Members = members };
    }

    private ConfigurationNode List(ref Utf8JsonReader reader, int offset)
    {
        var items = new List<ConfigurationNode>();
        _open.Push((']', offset));
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            items.Add(Value(ref reader));
        }
        _open.Pop();
        return new(NodeKinds.List, _source, offset) { Items = items };
    }

    // An escaped half of a surrogate pair is the one thing that the reader lets pass and cannot decode; it becomes
    // U+FFFD, which no key and no enumeration has.
    private static string Characters(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return Encoding.UTF8.GetString(reader.ValueSpan) + "\uFFFD";
        }
    }

    private string Describe(JsonException exception, bool atEnd)
    {
        if (atEnd)
        {
            return _open.TryPeek(out var open)
                ? $"found the end of the text, expected '{open.Closing}' for what opens at {_source.At(open.Offset)}"
                : "found the end of the text, expected a value";
        }
        var message = exception.Message;
        var place = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return $"found a syntax error, expected JSON: {(place < 0 ? message : message[..place]).TrimEnd('.')}";
    }

    // What other dialects have there, where that is what was written; the offset then is where it begins.
    private static string? Foreign(byte[] text, ref int offset)
    {
        if (text[offset] == '\'')
            return "found a single quote, expected JSON: names and texts stand in double quotes";
        if (text[offset] == '#')
            return "found #, expected JSON: a comment begins with //";
        var (from, to) = (offset, offset);
        while (from > 0 && IsWord(text[from - 1]))
            from--;
        while (to < text.Length && IsWord(text[to]))
            to++;
        var word = Encoding.UTF8.GetString(text.AsSpan(from, to - from));
        if (!IsWord(text[offset]) || !char.IsAsciiLetter(word[0]))
            return null;
        offset = from;
        string[] literals = ["true", "false", "null"];
        return literals.Contains(word, StringComparer.OrdinalIgnoreCase)
            ? $"found {word}, expected JSON: true, false and null are lower case"
            : $"found {word}, expected JSON: names and texts stand in double quotes";
    }

    private static bool IsWord(byte letter) =>
        char.IsAsciiLetterOrDigit((char)letter) || letter is (byte)'_' or (byte)'-';

    private static int OffsetOf(byte[] text, JsonException exception)
    {
        var start = 0;
        for (var line = exception.LineNumber ?? 0; line > 0; line--)
        {
            start += text.AsSpan(start).IndexOf((byte)'\n') + 1;
        }
        return (int)Math.Min(start + (exception.BytePositionInLine ?? 0), text.Length);
    }

    private static bool IsBlank(ReadOnlySpan<byte> rest) => rest.Trim(" \t\r\n"u8).IsEmpty;

    private static int FirstInvalidByte(ReadOnlySpan<byte> text)
    {
        var offset = 0;
        while (Rune.DecodeFromUtf8(text[offset..], out _, out var length) == System.Buffers.OperationStatus.Done)
        {
            offset += length;
        }
        return offset;
    }
}
