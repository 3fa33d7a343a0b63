using Realtime.Protocol.MessagePack;

namespace Realtime.Protocol.Tests;

/// <summary>Builds payloads for tests.</summary>
internal static class Pack
{
    /// <summary>An empty array.</summary>
    public static readonly object?[] Nothing = [];

    public static byte[] Bytes(Action<MessagePackWriter> write)
    {
        var writer = new MessagePackWriter(16);
        write(writer);
        return writer.Written.ToArray();
    }

    public static byte[] Map(params (string Key, object? Value)[] entries) => Bytes(writer =>
    {
        writer.WriteMapHeader(entries.Length);
        foreach ((string key, object? value) in entries)
        {
            writer.WriteString(key);
            Write(writer, value);
        }
    });

    public static byte[] Array(params object?[] items) => Bytes(writer => Write(writer, items));

    /// <summary>An element that is MessagePack already.</summary>
    public static Raw Raw(params byte[] bytes) => new(bytes);

    public static byte[] Concat(params byte[][] parts) => [.. parts.SelectMany(part => part)];

    private static void Write(MessagePackWriter writer, object? value)
    {
        switch (value)
        {
            case null: writer.WriteNil(); break;
            case Raw raw: writer.WriteRaw(raw.Bytes); break;
            case bool flag: writer.WriteBoolean(flag); break;
            case int number: writer.WriteInt64(number); break;
            case uint number: writer.WriteUInt64(number); break;
            case long number: writer.WriteInt64(number); break;
            case ulong number: writer.WriteUInt64(number); break;
            case float number: writer.WriteSingle(number); break;
            case double number: writer.WriteDouble(number); break;
            case string text: writer.WriteString(text); break;
            case byte[] data: writer.WriteBinary(data); break;
            case object?[] items:
                writer.WriteArrayHeader(items.Length);
                foreach (object? item in items)
                    Write(writer, item);
                break;
            default: throw new ArgumentException($"no encoding for {value.GetType()}", nameof(value));
        }
    }
}

internal sealed record Raw(byte[] Bytes);
