using System.Text.Json;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Http;

/// <summary>The JSON form of a reply: bin becomes base64, a number that JSON does not have becomes null.</summary>
internal static class MessagePackJson
{
    private static readonly JsonWriterOptions Options = new() { Indented = true };

    public static byte[] Convert(ReadOnlySpan<byte> payload)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, Options))
        {
            var reader = new MessagePackReader(payload);
            WriteValue(ref reader, json);
        }

        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }

    private static void WriteValue(ref MessagePackReader reader, Utf8JsonWriter json)
    {
        switch (reader.NextType)
        {
            case MessagePackType.Map:
                reader.TryReadMapHeader(out var entries);
                json.WriteStartObject();
                for (var i = 0; i < entries; i++)
                {
                    WriteKey(ref reader, json);
                    WriteValue(ref reader, json);
                }

                json.WriteEndObject();
                break;
            case MessagePackType.Array:
                reader.TryReadArrayHeader(out var count);
                json.WriteStartArray();
                for (var i = 0; i < count; i++)
                    WriteValue(ref reader, json);
                json.WriteEndArray();
                break;
            default:
                WriteScalar(ref reader, json);
                break;
        }
    }

    private static void WriteKey(ref MessagePackReader reader, Utf8JsonWriter json)
    {
        if (reader.TryReadUInt64(out var number))
            json.WritePropertyName(number.ToString(System.Globalization.CultureInfo.InvariantCulture));
        else if (reader.TryReadString(out var key))
            json.WritePropertyName(key);
    }

    private static void WriteScalar(ref MessagePackReader reader, Utf8JsonWriter json)
    {
        switch (reader.NextType)
        {
            case MessagePackType.Boolean when reader.TryReadBoolean(out var boolean):
                json.WriteBooleanValue(boolean);
                break;
            case MessagePackType.String when reader.TryReadString(out var text):
                json.WriteStringValue(text);
                break;
            case MessagePackType.Integer when reader.TryReadUInt64(out var unsigned):
                json.WriteNumberValue(unsigned);
                break;
            case MessagePackType.Integer when reader.TryReadInt64(out var integer):
                json.WriteNumberValue(integer);
                break;
            case MessagePackType.Float when reader.TryReadDouble(out var number):
                if (double.IsFinite(number))
                    json.WriteNumberValue(number);
                else
                    json.WriteNullValue();
                break;
            case MessagePackType.Binary when reader.TryReadBinary(out var data):
                json.WriteBase64StringValue(data);
                break;
            default:
                reader.TrySkip();
                json.WriteNullValue();
                break;
        }
    }
}
