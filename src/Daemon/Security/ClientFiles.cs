using Realtime.Daemon.Configuration;
using Realtime.Daemon.Frames.Access;

namespace Realtime.Daemon.Security;

/// <summary>The allowed clients with their keys, from a configuration and the files that it names.</summary>
internal static class ClientFiles
{
    private const string Extension = ".pub";
    private static readonly char[] Wildcards = ['*', '?'];

    /// <summary>Every client that could be read; what is wrong with the others is added to the faults.</summary>
    public static List<(string Key, ClientRights Rights)> Read(AllowedClients allowed, List<string> faults)
    {
        var clients = allowed.Path is null ? allowed.Listed : ReadPath(allowed.Path, faults);
        var read = new List<(string Key, ClientRights Rights)>();
        foreach (var client in clients)
        {
            if (KeyOf(client, faults) is not { } key)
                continue;
            if (read.FirstOrDefault(one => one.Key == key).Rights is { } same)
                faults.Add($"security.curve.clients: found the same key for {same.Name} and {client.Name}, "
                    + "expected another for each");
            else
                read.Add((key, RightsOf(client)));
        }

        return read;
    }

    private static string? KeyOf(ClientOptions client, List<string> faults)
    {
        if (client.Key is not null)
            return client.Key;
        if (KeyFile.TryReadPublic(client.KeyFile!, out var key, out var fault))
            return key;
        faults.Add($"{fault} (for client {client.Name})");
        return null;
    }

    private static ClientRights RightsOf(ClientOptions client) => new(
        client.Name, client.Streams, client.Hears ?? [.. client.Streams.Select(BeginningOf)], client.TicksPerSecond,
        client.MayControl);

    private static string BeginningOf(string pattern) =>
        pattern.IndexOfAny(Wildcards) is >= 0 and var end ? pattern[..end] : pattern;

    private static IReadOnlyList<ClientOptions> ReadPath(string path, List<string> faults)
    {
        if (!SecretFile.TryLocate(path, out var file, out var fault))
            faults.Add(fault);
        else if (Directory.Exists(file))
            return ReadFolder(file, faults);
        else if (SecretFile.TryReadPublic(path, out var lines, out fault))
            return ConfigurationLoader.ReadClients(file, string.Join('\n', lines), faults);
        else
            faults.Add(fault);
        return [];
    }

    // Whoever has a key there may send and hear everything, and change nothing.
    private static IReadOnlyList<ClientOptions> ReadFolder(string folder, List<string> faults)
    {
        try
        {
            return
            [
                .. Directory.EnumerateFiles(folder, "*" + Extension).Order(StringComparer.Ordinal)
                    .Select(static file => new ClientOptions
                    {
                        Name = Path.GetFileNameWithoutExtension(file),
                        KeyFile = file,
                    }),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            faults.Add($"{folder}: found a folder that cannot be read ({e.Message}), expected one with public keys");
            return [];
        }
    }
}
