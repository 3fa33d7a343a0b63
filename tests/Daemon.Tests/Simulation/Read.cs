using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Tests.Simulation;

/// <summary>Takes payloads apart.</summary>
internal static class Read
{
    public static MessagePackValue Value(ReadOnlySpan<byte> payload)
    {
        Assert.True(MessagePackValue.TryParse(payload, out var value), "not well-formed MessagePack");
        return value;
    }

    /// <summary>The bytes of one entry of a map; null where it has none.</summary>
    public static byte[]? Entry(ReadOnlySpan<byte> map, string key)
    {
        var reader = new MessagePackReader(map);
        Assert.True(reader.TryReadMapHeader(out var count));
        for (var i = 0; i < count; i++)
        {
            Assert.True(reader.TryReadString(out var name));
            Assert.True(reader.TryReadRaw(out var element));
            if (System.Text.Encoding.UTF8.GetString(name) == key)
                return element.ToArray();
        }

        return null;
    }

    /// <summary>The bytes of each element of an array.</summary>
    public static IReadOnlyList<byte[]> Items(ReadOnlySpan<byte> array)
    {
        var reader = new MessagePackReader(array);
        Assert.True(reader.TryReadArrayHeader(out var count));
        var items = new List<byte[]>();
        for (var i = 0; i < count; i++)
        {
            Assert.True(reader.TryReadRaw(out var element));
            items.Add(element.ToArray());
        }

        return items;
    }

    public static ErrorCode Error(MessagePackValue reply) => (ErrorCode)(reply["error"]["code"].AsInt64() ?? 0);

    /// <summary>Codes of the ticks that were not taken, by index.</summary>
    public static IReadOnlyList<(int Index, ErrorCode Code)> Errors(MessagePackValue reply) =>
    [
        .. reply["errors"].Items.Select(static error =>
            ((int)error["index"].AsInt64()!.Value, (ErrorCode)error["code"].AsInt64()!.Value)),
    ];
}
