using Realtime.Protocol.ZeroMq;

namespace Realtime.Daemon.Bench;

/// <summary>A way for ticks to go out and for what answers them to come back.</summary>
public interface ILane : IDisposable
{
    /// <summary>"requests" or "PULL to PUB".</summary>
    string Name { get; }

    TickFeed Feed { get; }

    /// <summary>The socket that answers come by.</summary>
    ZmqSocket Answers { get; }

    /// <summary>Size of the last answer's payload in bytes.</summary>
    int AnswerSize { get; }

    /// <summary>Sends a tick of the feed; false where the socket takes none just now.</summary>
    bool TrySend(long tick);

    /// <summary>Takes an answer and tells which tick it answers; -1 for none of the feed's.</summary>
    /// <returns>False when nothing is there.</returns>
    bool TryReceive(out long tick);
}
