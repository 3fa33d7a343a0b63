using System.Buffers.Binary;
using System.Text;
using Realtime.Daemon.Configuration;
using Realtime.Daemon.Frames.Access;
using Realtime.Daemon.Hosting;
using Realtime.Protocol.ZeroMq;

namespace Realtime.Daemon.Security;

/// <summary>The daemon's keys and those of the clients it lets in. Does not change; a reload makes another.</summary>
public sealed class KeySet
{
    private readonly Dictionary<(ulong, ulong, ulong, ulong), byte[]> _names = [];
    private readonly Dictionary<string, string> _keys = new(StringComparer.Ordinal);

    /// <param name="server">The daemon's own.</param>
    /// <param name="clients">Public keys and what they allow; no key and no name twice.</param>
    public KeySet(ZmqCurveKeys server, IEnumerable<(string Key, ClientRights Rights)> clients)
    {
        Server = server;
        var rights = new List<ClientRights>();
        foreach (var (key, right) in clients)
        {
            _keys.Add(right.Name, key);
            _names.Add(NumbersOf(key), Encoding.UTF8.GetBytes(right.Name));
            rights.Add(right);
        }

        Rights = rights;
    }

    public ZmqCurveKeys Server { get; }

    public IReadOnlyList<ClientRights> Rights { get; }

    /// <summary>Some client may not hear everything.</summary>
    public bool LimitsSubscribers => Rights.Any(static one => !one.Hears.Contains(""));

    /// <summary>The name that a public key of 32 bytes stands for; empty where it is not known.</summary>
    public ReadOnlySpan<byte> NameOf(ReadOnlySpan<byte> key) =>
        key.Length == Z85.KeyBytes && _names.TryGetValue(NumbersOf(key), out var name) ? name : [];

    /// <summary>Whether a connection that these keys let in may not be let in by others, or as somebody else.</summary>
    public bool IsNarrowedBy(KeySet next) =>
        Server != next.Server || _keys.Any(one => next._keys.GetValueOrDefault(one.Key) != one.Value);

    /// <summary>Names that are here and not there.</summary>
    public IEnumerable<string> Without(KeySet other) => _keys.Keys.Where(name => !other._keys.ContainsKey(name));

    /// <summary>Names that have another key there.</summary>
    public IEnumerable<string> ChangedIn(KeySet other) =>
        _keys.Where(one => other._keys.TryGetValue(one.Key, out var key) && key != one.Value)
            .Select(static one => one.Key);

    /// <summary>Reads the key files of a configuration; null where it asks for none.</summary>
    /// <exception cref="StartException">Every fault, with file and line.</exception>
    public static KeySet? Load(SecurityOptions options)
    {
        if (options.Curve is not { } curve)
            return null;
        var faults = new List<string>();
        if (!KeyFile.TryReadSecret(curve.SecretKey, out var server, out var fault))
            faults.Add(fault);
        var clients = ClientFiles.Read(curve.Clients, faults);
        if (faults.Count != 0)
            throw new StartException(ExitCode.Configuration, faults);
        return new KeySet(server, clients);
    }

    private static (ulong, ulong, ulong, ulong) NumbersOf(string key)
    {
        Span<byte> bytes = stackalloc byte[Z85.KeyBytes];
        if (!Z85.TryReadKey(key, bytes))
            throw new ArgumentException("no CURVE key", nameof(key));
        return NumbersOf(bytes);
    }

    private static (ulong, ulong, ulong, ulong) NumbersOf(ReadOnlySpan<byte> key) => (
        BinaryPrimitives.ReadUInt64LittleEndian(key), BinaryPrimitives.ReadUInt64LittleEndian(key[8..]),
        BinaryPrimitives.ReadUInt64LittleEndian(key[16..]), BinaryPrimitives.ReadUInt64LittleEndian(key[24..]));
}
