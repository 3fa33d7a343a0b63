using Realtime.Daemon.Configuration;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Access;
using Realtime.Daemon.Hosting;
using Realtime.Daemon.Http;
using Realtime.Daemon.Io;

namespace Realtime.Daemon.Security;

/// <summary>What a start was told about who may come in, and how many.</summary>
internal sealed class Guards
{
    private Guards(RealtimeOptions options)
    {
        Keys = KeySet.Load(options.Security);
        Ring = Keys is null ? null : new KeyRing(Keys);
        Token = HttpToken.Load(options.Http);
        var (connections, notice) = Descriptors.Allow(options.Limits.Connections);
        Limits = options.Limits with { Connections = connections };
        Notices = [.. Exposure.Warnings(options), .. notice is null ? Array.Empty<string>() : [notice]];
    }

    public KeySet? Keys { get; }

    public KeyRing? Ring { get; }

    /// <summary>What readers of HTTP present; null where nothing.</summary>
    public string? Token { get; }

    /// <summary>Those of the configuration, as far as the process can hold them.</summary>
    public LimitOptions Limits { get; }

    public LimitHits Hits { get; } = new();

    /// <summary>What each start warns of.</summary>
    public IReadOnlyList<string> Notices { get; }

    /// <exception cref="StartException">A file with a key or token can't be used.</exception>
    public static Guards Load(RealtimeOptions options) => new(options);

    /// <summary>Lets world and sockets know the clients and count what hits a limit.</summary>
    public void Attach(World world, ZmqTransport transport, IClock clock)
    {
        world.Limits = Hits;
        if (Keys is not null)
            transport.Use(world.Clients = new ClientTable(Keys.Rights, clock.UtcNanoseconds));
    }
}
