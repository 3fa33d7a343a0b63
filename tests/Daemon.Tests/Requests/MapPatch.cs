using Realtime.Daemon.Tests.Simulation;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Tests.Requests;

/// <summary>Changes one element of an encoded map.</summary>
internal static class MapPatch
{
    /// <summary>The map with the entry at a path such as <c>layers.gru.h</c> replaced, or added where it is new.
    /// </summary>
    /// <param name="map">The map as encoded.</param>
    /// <param name="path">Keys from the outside in.</param>
    /// <param name="element">The new element; null takes the entry away.</param>
    public static byte[] Set(ReadOnlySpan<byte> map, string path, byte[]? element)
    {
        var (key, rest) = path.Split('.', 2) is [var first, var second] ? (first, second) : (path, null);
        var entries = Entries(map);
        var index = entries.FindIndex(entry => entry.Key == key);
        var value = rest is null ? element : Set(entries[index].Value, rest, element);
        if (index >= 0)
            entries.RemoveAt(index);
        if (value is not null)
            entries.Insert(index < 0 ? entries.Count : index, (key, value));
        return Join(entries);
    }

    /// <summary>The map with an entry a second time.</summary>
    public static byte[] Twice(ReadOnlySpan<byte> map, string key)
    {
        var entries = Entries(map);
        entries.Add(entries.Find(entry => entry.Key == key));
        return Join(entries);
    }

    private static byte[] Join(List<(string Key, byte[] Value)> entries) =>
        Pack.Map([.. entries.Select(static entry => (entry.Key, (object?)new Raw(entry.Value)))]);

    private static List<(string Key, byte[] Value)> Entries(ReadOnlySpan<byte> map)
    {
        var reader = new MessagePackReader(map);
        Assert.True(reader.TryReadMapHeader(out var count));
        var entries = new List<(string, byte[])>();
        for (var i = 0; i < count; i++)
        {
            Assert.True(reader.TryReadString(out var key) & reader.TryReadRaw(out var value));
            entries.Add((System.Text.Encoding.UTF8.GetString(key), value.ToArray()));
        }

        return entries;
    }
}
