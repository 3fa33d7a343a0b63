using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Commands;

/// <summary>Documents for <c>--json</c>.</summary>
internal static class JsonText
{
    private static readonly JsonWriterOptions Options =
        new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes one object.</summary>
    /// <param name="output">Gets its lines.</param>
    /// <param name="members">Writes what is in it.</param>
    public static void Write(TextWriter output, Action<Utf8JsonWriter> members)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        output.WriteLine(Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
    }

    /// <summary>Writes the entries of a map as an object.</summary>
    public static void Write(TextWriter output, MessagePackValue map) => Write(output, json =>
    {
        foreach (var (key, value) in map.Entries)
        {
            json.WritePropertyName(key);
            value.WriteJson(json);
        }
    });
}
