using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Tests.Simulation;

/// <summary>An element that is MessagePack already.</summary>
internal sealed record Raw(byte[] Bytes);

/// <summary>Builds payloads.</summary>
internal static class Pack
{
    public static byte[] Bytes(Action<MessagePackWriter> write)
    {
        var writer = new MessagePackWriter();
        write(writer);
        return writer.Written.ToArray();
    }

    public static byte[] Map(params (string Key, object? Value)[] entries) => Bytes(writer =>
    {
        writer.WriteMapHeader(entries.Length);
        foreach (var (key, value) in entries)
        {
            writer.WriteString(key);
            Write(writer, value);
        }
    });

    public static byte[] Array(params object?[] items) => Bytes(writer => Write(writer, items));

    public static byte[] Element(object? value) => Bytes(writer => Write(writer, value));

    /// <summary>A tick as a map, without the entries that are null.</summary>
    public static byte[] Tick(
        object? stream, object? values, ulong? seq = null, ulong? run = null, long? time = null, bool reply = false,
        object? rid = null, string? trace = null)
    {
        (string Key, object? Value)[] entries =
        [
            ("stream", stream), ("seq", seq), ("run", run), ("time", time), ("reply", reply ? true : null),
            ("rid", rid), ("trace", trace),
        ];
        return Map([.. entries.Where(static entry => entry.Value is not null), ("values", values)]);
    }

    public static byte[] Batch(IEnumerable<byte[]> ticks, bool reply = false)
    {
        object?[] list = [.. ticks.Select(static tick => new Raw(tick))];
        return reply ? Array(2, list, true) : Array(2, list);
    }

    public static byte[] Op(string op, params (string Key, object? Value)[] entries) => Map([("op", op), .. entries]);

    private static void Write(MessagePackWriter writer, object? value)
    {
        switch (value)
        {
            case null: writer.WriteNil(); break;
            case Raw raw: writer.WriteRaw(raw.Bytes); break;
            case bool flag: writer.WriteBoolean(flag); break;
            case int number: writer.WriteInt64(number); break;
            case long number: writer.WriteInt64(number); break;
            case ulong number: writer.WriteUInt64(number); break;
            case double number: writer.WriteDouble(number); break;
            case string text: writer.WriteString(text); break;
            case byte[] data: writer.WriteBinary(data); break;
            case double[] numbers: Write(writer, numbers.Cast<object?>().ToArray()); break;
            case object?[] items:
                writer.WriteArrayHeader(items.Length);
                foreach (var item in items)
                    Write(writer, item);
                break;
            default: throw new ArgumentException($"no encoding for {value.GetType()}", nameof(value));
        }
    }
}
