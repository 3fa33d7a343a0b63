namespace Realtime.Protocol.ZeroMq;

/// <summary>What became of a message sent to one peer of a ROUTER.</summary>
public enum SendOutcome
{
    Sent,

    /// <summary>The peer's queue is at its high-water mark.</summary>
    WouldBlock,

    /// <summary>There is no such peer, or no longer.</summary>
    Unroutable,
}
