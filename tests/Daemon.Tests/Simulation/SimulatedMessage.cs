using Realtime.Daemon.Frames;

namespace Realtime.Daemon.Tests.Simulation;

/// <summary>A message as the sockets would have handed it over.</summary>
/// <param name="Origin">Which socket it came by.</param>
/// <param name="Payload">The last frame, or the only one.</param>
internal sealed record SimulatedMessage(Origin Origin, byte[] Payload)
{
    public byte[] Topic { get; init; } = [];
    public byte[] Identity { get; init; } = [];
    public bool Delimiter { get; init; }

    /// <summary>Who sent it; null where clients need no key.</summary>
    public Realtime.Daemon.Frames.Access.Client? Client { get; init; }

    /// <summary>Frames behind routing id and delimiter; 0 counts them.</summary>
    public int Frames { get; init; }

    /// <summary>What the largest frame had as sent; 0 takes the payload's size.</summary>
    public long LargestFrame { get; init; }
}
