using Realtime.Daemon.Configuration;

namespace Realtime.Daemon.Reloading;

/// <summary>Settings that take effect while the daemon runs; the others wait for the next start.</summary>
public static class LiveSettings
{
    /// <summary>What is in force once what was read is taken, as far as it can be.</summary>
    /// <param name="inForce">What is in force now.</param>
    /// <param name="read">What the configuration says now.</param>
    public static RealtimeOptions Take(RealtimeOptions inForce, RealtimeOptions read) => inForce with
    {
        Models = read.Models,
        Streams = read.Streams,
        Limits = inForce.Limits with { Frame = read.Limits.Frame, Memory = read.Limits.Memory },
        Frame = read.Frame,
        State = inForce.State with
        {
            SnapshotEvery = read.State.SnapshotEvery,
            Keep = read.State.Keep,
            MaxBytes = read.State.MaxBytes,
            RecordPredictions = read.State.RecordPredictions,
            RestoredEvents = read.State.RestoredEvents,
        },
        Stop = read.Stop,
    };
}
