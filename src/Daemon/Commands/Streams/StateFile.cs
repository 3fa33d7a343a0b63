using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Commands;

/// <summary>
/// A file of exported states: concatenated MessagePack maps, first {"format": "realtimed-states", "version": 1}, then
/// what <c>state.get</c> gave for each stream.
/// </summary>
internal static class StateFile
{
    private const string Format = "realtimed-states";
    private const long Version = 1;

    /// <summary>Writes the header.</summary>
    public static void WriteHeader(Stream file)
    {
        var writer = new MessagePackWriter();
        writer.WriteMapHeader(2);
        writer.WriteString("format"u8);
        writer.WriteString(Format);
        writer.WriteString("version"u8);
        writer.WriteInt64(Version);
        file.Write(writer.Written);
    }

    /// <summary>The states of a file, read one by one, as encoded.</summary>
    /// <exception cref="InvalidDataException">It is no such file, or damaged; the message says where.</exception>
    public static IEnumerable<byte[]> Read(string path)
    {
        using var file = File.OpenRead(path);
        var elements = new MessagePackElements(file, path);
        var header = elements.Next();
        if (header is null || !MessagePackValue.TryParse(header, out var map) || map["format"].AsString() != Format)
            throw new InvalidDataException(
                $"{path}: found no header, expected a file that realtimed streams export wrote");
        if (map["version"].AsInt64() != Version)
            throw new InvalidDataException($"{path}: found version {map["version"]}, expected {Version}");
        while (elements.Next() is { } state)
            yield return state;
    }
}
