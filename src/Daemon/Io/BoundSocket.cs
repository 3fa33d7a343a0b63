using Realtime.Protocol.ZeroMq;

namespace Realtime.Daemon.Io;

/// <summary>A socket that is bound to an endpoint, and may be closed and opened again there.</summary>
/// <param name="endpoint">As configured; port 0 is chosen once.</param>
/// <param name="make">Makes the socket, ready to be bound.</param>
internal sealed class BoundSocket(string endpoint, Func<ZmqSocket> make) : IDisposable
{
    private const string Ipc = "ipc://";

    // The old listener takes its file away when libzmq's own thread closes it; what is there longer is another's.
    private const int PatienceWithFile = 1000;

    private int _tries;

    public ZmqSocket Socket { get; private set; } = make();

    /// <summary>As bound.</summary>
    public string Endpoint { get; private set; } = endpoint;

    public bool IsBound { get; private set; }

    /// <exception cref="ZmqException">It can't be.</exception>
    public string Bind()
    {
        Endpoint = Socket.Bind(Endpoint);
        IsBound = true;
        return Endpoint;
    }

    /// <summary>Closes every connection, and makes a new socket that waits to be bound.</summary>
    public void Renew()
    {
        Socket.Dispose();
        Socket = make();
        (IsBound, _tries) = (false, 0);
    }

    /// <summary>Binds again, where the old listener has gone.</summary>
    /// <exception cref="ZmqException">It can't be, for another reason.</exception>
    public bool TryBindAgain()
    {
        var file = Endpoint.StartsWith(Ipc, StringComparison.Ordinal) ? Endpoint[Ipc.Length..] : null;
        if (file is not null && file[0] != '@' && File.Exists(file) && ++_tries < PatienceWithFile)
            return false;
        try
        {
            Socket.Bind(Endpoint);
        }
        catch (ZmqException e) when (e.IsAddressInUse)
        {
            return false;
        }

        return IsBound = true;
    }

    public void Dispose() => Socket.Dispose();
}
