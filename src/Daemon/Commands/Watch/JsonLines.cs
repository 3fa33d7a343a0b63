using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Realtime.Daemon.Frames;
using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Commands;

/// <summary>Every message as one line of JSON: what it is, when it came, and the fields it has on the wire.</summary>
internal static class JsonLines
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(200);

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes lines until ended, or nobody reads them any more.</summary>
    public static void Run(PredictionFeed feed, IClock clock, TextWriter output, CancellationToken end)
    {
        var buffer = new MemoryStream();
        while (!end.IsCancellationRequested && !StandardOutput.IsClosed(output))
        {
            var wait = Period;
            while (buffer.Length < 1 << 16 && feed.TryReceive(wait, out var topic, out var payload))
            {
                WriteLine(buffer, topic, payload, clock.UtcNanoseconds);
                wait = TimeSpan.Zero;
            }

            output.Write(Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
            output.Flush();
            buffer.SetLength(0);
        }
    }

    internal static void WriteLine(Stream output, ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload, long arrival)
    {
        if (topic.IsEmpty || !MessagePackValue.TryParse(payload, out var message))
            return;
        using (var json = new Utf8JsonWriter(output, Options))
        {
            json.WriteStartObject();
            json.WriteString("type", TypeOf(topic));
            json.WriteNumber("arrival", arrival);
            foreach (var (key, value) in message.Entries)
            {
                json.WritePropertyName(key);
                value.WriteJson(json);
            }

            json.WriteEndObject();
        }

        output.WriteByte((byte)'\n');
    }

    private static string TypeOf(ReadOnlySpan<byte> topic) => topic[0] switch
    {
        Topic.Prediction => "prediction",
        Topic.Anomaly => "anomaly",
        Topic.Event => "event",
        _ => "heartbeat",
    };
}
