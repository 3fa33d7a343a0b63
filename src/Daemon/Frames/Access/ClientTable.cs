using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Realtime.Daemon.Frames.Access;

/// <summary>The clients that keys are known of, by name. Does not change; a reload makes another.</summary>
public sealed class ClientTable
{
    private readonly Dictionary<byte[], Client> _clients = new(ByteNames.Instance);
    private readonly Dictionary<byte[], Client>.AlternateLookup<ReadOnlySpan<byte>> _byName;

    // A client that sends much is mostly the one that sent before.
    private byte[] _lastName = [];
    private Client _last;

    /// <param name="rights">What each may do.</param>
    /// <param name="now">The loop's clock.</param>
    /// <param name="before">The table before: who may do what it did goes on with its counts and its rate.</param>
    public ClientTable(IEnumerable<ClientRights> rights, long now, ClientTable? before = null)
    {
        _last = Nobody;
        _byName = _clients.GetAlternateLookup<ReadOnlySpan<byte>>();
        foreach (var one in rights)
        {
            var name = Encoding.UTF8.GetBytes(one.Name);
            _clients.Add(name, before?.Of(name) is { } was ? Next(was, one, now) : new Client(one, now));
        }

        if (before is null)
            return;
        foreach (var (name, client) in before._clients)
            client.IsRevoked = !_clients.ContainsKey(name);
    }

    public IEnumerable<Client> All => _clients.Values;

    /// <summary>The client of a name, or one that may do nothing. Allocates nothing.</summary>
    public Client Find(ReadOnlySpan<byte> name)
    {
        if (name.SequenceEqual(_lastName))
            return _last;
        if (!_byName.TryGetValue(name, out var key, out var client))
            return Nobody;
        (_lastName, _last) = (key, client);
        return client;
    }

    /// <summary>Whoever has no key that is still known.</summary>
    public Client Nobody { get; } = new(new ClientRights("", [], [], null, false), 0) { IsRevoked = true };

    private Client? Of(byte[] name) => _clients.GetValueOrDefault(name);

    private static Client Next(Client was, ClientRights rights, long now) =>
        Same(was.Rights, rights) ? was : new Client(rights, now)
        {
            Received = was.Received,
            RefusedForRate = was.RefusedForRate,
            NotAllowed = was.NotAllowed,
        };

    private static bool Same(ClientRights one, ClientRights other) =>
        one.TicksPerSecond == other.TicksPerSecond && one.MayControl == other.MayControl
        && one.Streams.SequenceEqual(other.Streams) && one.Hears.SequenceEqual(other.Hears);

    private sealed class ByteNames : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static ByteNames Instance { get; } = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] name) => GetHashCode((ReadOnlySpan<byte>)name);

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = new HashCode();
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
