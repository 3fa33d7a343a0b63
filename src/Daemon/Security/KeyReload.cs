using Microsoft.Extensions.Logging.Abstractions;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Access;
using Realtime.Daemon.Io;

namespace Realtime.Daemon.Security;

/// <summary>Puts keys that were read again in force between two frames.</summary>
/// <param name="ring">The keys in force; null where the start had none.</param>
/// <param name="world">Holds the clients' rights and counts.</param>
/// <param name="loop">Turns the world.</param>
/// <param name="transport">Its sockets are opened anew where connections have to end.</param>
public sealed partial class KeyReload(KeyRing? ring, World world, FrameLoop loop, ZmqTransport transport)
{
    private ILogger _log = NullLogger.Instance;

    /// <summary>Where it tells what it does.</summary>
    public ILogger Log
    {
        set => _log = value;
    }

    /// <summary>
    /// Puts keys in force; from any thread. Turning keys on or off waits for the next start: the sockets that are open
    /// were judged by what they were started with.
    /// </summary>
    public void Use(KeySet? next)
    {
        if (ring is not null && next is not null)
            loop.Post(() => Put(next));
    }

    private void Put(KeySet next)
    {
        var change = ring!.Use(next);
        var clients = new ClientTable(next.Rights, world.Now, world.Clients);
        world.Clients = clients;
        transport.Use(clients);
        if (change.Added.Count != 0)
            LogAdded(string.Join(", ", change.Added));
        if (change.Removed.Count != 0)
            LogRemoved(string.Join(", ", change.Removed));
        if (change.Changed.Count != 0)
            LogChanged(string.Join(", ", change.Changed));
        if (change.IsServer)
            LogServer(next.Server.PublicKey);
        if (!change.Reopens)
            return;
        LogReopens();
        transport.Reopen(() => loop.IsQuiet);
    }

    [LoggerMessage(80, LogLevel.Information, "Keys added: {Names}")]
    private partial void LogAdded(string names);

    [LoggerMessage(81, LogLevel.Information, "Keys taken back: {Names}")]
    private partial void LogRemoved(string names);

    [LoggerMessage(82, LogLevel.Information, "Keys changed: {Names}")]
    private partial void LogChanged(string names);

    [LoggerMessage(83, LogLevel.Warning, "The daemon's own key changed, clients need the new one: {PublicKey}")]
    private partial void LogServer(string publicKey);

    [LoggerMessage(84, LogLevel.Information, "Every connection is closed, the sockets listen anew")]
    private partial void LogReopens();
}
