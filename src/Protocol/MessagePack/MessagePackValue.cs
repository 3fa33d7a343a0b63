using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Realtime.Protocol.MessagePack;

/// <summary>A decoded element with everything in it. Immutable. For replies to requests; hot paths read spans.
/// </summary>
public sealed class MessagePackValue
{
    public static readonly MessagePackValue Nil = new(MessagePackType.Nil, null);

    private readonly object? _content;

    private MessagePackValue(MessagePackType type, object? content)
    {
        Type = type;
        _content = content;
    }

    public MessagePackType Type { get; }

    public bool IsNil => Type == MessagePackType.Nil;

    /// <summary>The elements of an array; none of any other type.</summary>
    public IReadOnlyList<MessagePackValue> Items => _content as MessagePackValue[] ?? [];

    /// <summary>The keys and values of a map in their order; none of any other type. Keys that are not strings are
    /// written as JSON.</summary>
    public IReadOnlyList<KeyValuePair<string, MessagePackValue>> Entries =>
        _content as KeyValuePair<string, MessagePackValue>[] ?? [];

    /// <summary>The value of a map's key; nil where there is none.</summary>
    public MessagePackValue this[string key]
    {
        get
        {
            foreach (KeyValuePair<string, MessagePackValue> entry in Entries)
            {
                if (entry.Key == key)
                    return entry.Value;
            }
            return Nil;
        }
    }

    /// <summary>Decodes one element and nothing behind it.</summary>
    public static bool TryParse(ReadOnlySpan<byte> message, [NotNullWhen(true)] out MessagePackValue? value)
    {
        var reader = new MessagePackReader(message);
        return TryRead(ref reader, out value) && reader.AtEnd;
    }

    /// <summary>Decodes the next element; false, with the reader where it was, where it is not well-formed.</summary>
    public static bool TryRead(ref MessagePackReader reader, [NotNullWhen(true)] out MessagePackValue? value)
    {
        MessagePackReader whole = reader;
        value = whole.TrySkip() ? Read(ref reader) : null;
        return value is not null;
    }

    public string? AsString() => _content as string;

    public byte[]? AsBinary() => Type == MessagePackType.Binary ? (byte[])_content! : null;

    public bool AsBoolean() => _content is true;

    /// <summary>Any number as a double; null of any other type.</summary>
    public double? AsDouble() => _content switch
    {
        double number => number,
        long number => number,
        ulong number => number,
        _ => null,
    };

    /// <summary>A whole number from -2^63 to 2^63-1; null of anything else.</summary>
    public long? AsInt64() => _content switch
    {
        long number => number,
        double number when number == Math.Floor(number) && Math.Abs(number) < 9.2e18 => (long)number,
        _ => null,
    };

    /// <summary>A whole number from 0 to 2^64-1; null of anything else.</summary>
    public ulong? AsUInt64() => _content switch
    {
        ulong number => number,
        _ => AsInt64() is >= 0 and var number ? (ulong)number : null,
    };

    /// <summary>Writes the element as MessagePack; a float32 becomes a float64, a key that is no string its JSON.
    /// </summary>
    public void WriteTo(MessagePackWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        switch (_content)
        {
            case bool flag: writer.WriteBoolean(flag); break;
            case long number: writer.WriteInt64(number); break;
            case ulong number: writer.WriteUInt64(number); break;
            case double number: writer.WriteDouble(number); break;
            case string text: writer.WriteString(text); break;
            case byte[] data when Type == MessagePackType.Binary: writer.WriteBinary(data); break;
            case byte[] extension: writer.WriteRaw(extension); break;
            case MessagePackValue[] items:
                writer.WriteArrayHeader(items.Length);
                foreach (MessagePackValue item in items)
                    item.WriteTo(writer);
                break;
            case KeyValuePair<string, MessagePackValue>[] entries:
                writer.WriteMapHeader(entries.Length);
                foreach ((string key, MessagePackValue value) in entries)
                {
                    writer.WriteString(key);
                    value.WriteTo(writer);
                }
                break;
            default: writer.WriteNil(); break;
        }
    }

    /// <summary>Writes the element as JSON: bin and extensions as base64, numbers JSON lacks as null.</summary>
    public void WriteJson(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        switch (_content)
        {
            case bool flag: writer.WriteBooleanValue(flag); break;
            case long number: writer.WriteNumberValue(number); break;
            case ulong number: writer.WriteNumberValue(number); break;
            case double number when double.IsFinite(number): writer.WriteNumberValue(number); break;
            case string text: writer.WriteStringValue(text); break;
            case byte[] data: writer.WriteBase64StringValue(data); break;
            case MessagePackValue[] items:
                writer.WriteStartArray();
                foreach (MessagePackValue item in items)
                    item.WriteJson(writer);
                writer.WriteEndArray();
                break;
            case KeyValuePair<string, MessagePackValue>[] entries:
                writer.WriteStartObject();
                foreach ((string key, MessagePackValue value) in entries)
                {
                    writer.WritePropertyName(key);
                    value.WriteJson(writer);
                }
                writer.WriteEndObject();
                break;
            default: writer.WriteNullValue(); break;
        }
    }

    /// <summary>The element as JSON on one line.</summary>
    public override string ToString()
    {
        using var stream = new MemoryStream();
        var options = new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var writer = new Utf8JsonWriter(stream, options))
            WriteJson(writer);
        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    /// <summary>Decodes an element that has been skipped before, so is well-formed and not nested too deep.</summary>
    private static MessagePackValue Read(ref MessagePackReader reader)
    {
        MessagePackType type = reader.NextType;
        switch (type)
        {
            case MessagePackType.Boolean when reader.TryReadBoolean(out bool flag):
                return new MessagePackValue(type, flag);
            case MessagePackType.Integer when reader.TryReadInt64(out long number):
                return new MessagePackValue(type, number);
            case MessagePackType.Integer when reader.TryReadUInt64(out ulong number):
                return new MessagePackValue(type, number);
            case MessagePackType.Float when reader.TryReadDouble(out double number):
                return new MessagePackValue(type, number);
            case MessagePackType.String when reader.TryReadString(out ReadOnlySpan<byte> text):
                return new MessagePackValue(type, Encoding.UTF8.GetString(text));
            case MessagePackType.Binary when reader.TryReadBinary(out ReadOnlySpan<byte> data):
                return new MessagePackValue(type, data.ToArray());
            case MessagePackType.Array when reader.TryReadArrayHeader(out int count):
                var items = new MessagePackValue[count];
                for (int i = 0; i < count; i++)
                    items[i] = Read(ref reader);
                return new MessagePackValue(type, items);
            case MessagePackType.Map when reader.TryReadMapHeader(out int count):
                return new MessagePackValue(type, ReadEntries(ref reader, count));
            case MessagePackType.Extension when reader.TryReadRaw(out ReadOnlySpan<byte> raw):
                return new MessagePackValue(type, raw.ToArray());
            default:
                reader.TryReadNil();
                return Nil;
        }
    }

    private static KeyValuePair<string, MessagePackValue>[] ReadEntries(ref MessagePackReader reader, int count)
    {
        var entries = new KeyValuePair<string, MessagePackValue>[count];
        for (int i = 0; i < count; i++)
        {
            MessagePackValue key = Read(ref reader);
            entries[i] = new(key.AsString() ?? key.ToString(), Read(ref reader));
        }
        return entries;
    }
}
