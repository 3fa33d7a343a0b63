using Realtime.Daemon.Frames;

namespace Realtime.Daemon.Tests.Simulation;

/// <summary>Stands still until it is set.</summary>
internal sealed class SimulatedClock : IClock
{
    public const long Second = 1_000_000_000;

    public long UtcNanoseconds { get; set; } = 1_800_000_000 * Second;
}
