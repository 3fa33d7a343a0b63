using Realtime.Protocol.ZeroMq;

namespace Realtime.Daemon.Commands;

/// <summary>The publishing end: a PUSH socket that queues only for a daemon that is there.</summary>
internal sealed class TickSocket : IDisposable
{
    // How long what is queued may take to leave, once all is said.
    private const int LingerMilliseconds = 5000;

    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly ZmqContext _context = new();
    private readonly ZmqSocket _socket;
    private readonly TextWriter _log;
    private bool _hasComplained;

    /// <exception cref="ZmqException">libzmq refuses the endpoint.</exception>
    public TickSocket(string endpoint, TextWriter log, ClientKeys? keys = null)
    {
        Endpoint = endpoint;
        _log = log;
        _socket = new ZmqSocket(_context, ZmqSocketType.Push) { Immediate = true, Linger = LingerMilliseconds };
        try
        {
            ClientKeys.Use(keys, _socket);
            _socket.Connect(endpoint);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Endpoint { get; }

    /// <summary>Waits a moment for the connection; without one, says so.</summary>
    public void AwaitConnection(End end)
    {
        var pace = new Pace(1 / Slice.TotalSeconds);
        while (!_socket.HasOutput && pace.Elapsed < Patience && pace.Wait(end))
        {
        }

        if (!_socket.HasOutput && !end.IsOver)
            Complain("readings are dropped until one does");
    }

    /// <summary>False where nobody is there to take it, or the queue is full.</summary>
    public bool TrySend(ReadOnlySpan<byte> tick) => _socket.TrySend(tick);

    /// <summary>Sends, waiting for as long as it takes; false at the end.</summary>
    public bool Send(ReadOnlySpan<byte> tick, End end)
    {
        var waited = TimeSpan.Zero;
        while (!_socket.Send(tick, Slice))
        {
            waited += Slice;
            if (waited >= Patience)
                Complain("waiting");
            if (end.IsOver)
                return false;
        }

        return true;
    }

    /// <summary>Gives the daemon time to take what is under way. A PULL socket at its high-water mark that sees its
    /// peer close forgets what the kernel still held for it, whatever the linger here.</summary>
    public static void AwaitTaken(End end) => end.Sleep(Patience);

    public void Dispose()
    {
        _socket.Dispose();
        _context.Dispose();
    }

    private void Complain(string consequence)
    {
        if (!_hasComplained)
            _log.WriteLine($"realtimed: no daemon takes ticks at {Endpoint} now; {consequence}");
        _hasComplained = true;
    }
}
