using Realtime.Daemon.Configuration;
using Realtime.Daemon.Frames;

namespace Realtime.Daemon.Reloading;

/// <summary>Settings that take effect while the daemon runs; the others wait for the next start.</summary>
public static class LiveSettings
{
    private static readonly HashSet<string> Keys = FindKeys();

    /// <summary>Whether a setting other than the models is one.</summary>
    /// <remarks>Keys are read again, but neither asked for nor given up without a start.</remarks>
    public static bool Has(string key) => Keys.Contains(key)
        || key.StartsWith("security.curve.", StringComparison.Ordinal);

    /// <summary>What is in force once what was read is taken, as far as it can be.</summary>
    /// <param name="inForce">What is in force now.</param>
    /// <param name="read">What the configuration says now.</param>
    public static RealtimeOptions Take(RealtimeOptions inForce, RealtimeOptions read) => inForce with
    {
        Models = read.Models,
        Streams = read.Streams,
        Anomalies = read.Anomalies,
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
        Security = inForce.Security with
        {
            Curve = inForce.Security.Curve is null || read.Security.Curve is null
                ? inForce.Security.Curve : read.Security.Curve,
        },
        Stop = read.Stop,
    };

    private static CurveOptions CurveWith(string key) =>
        new() { SecretKey = key, Clients = new AllowedClients(null, []) };

    // A setting is live where a value that is not there survives being taken.
    private static HashSet<string> FindKeys()
    {
        var read = new RealtimeOptions
        {
            Streams = new StreamOptions
            {
                Max = 1, IdleAfter = TimeSpan.MaxValue, OnGap = GapPolicy.Reset, Adapt = AdaptOverride.None,
            },
            Anomalies = new AnomalyOptions { Threshold = null, Clear = 0 },
            Limits = new LimitOptions { Frame = 1, Memory = 1, Connections = 1 },
            Frame = new FrameOptions { MaxTicks = 1, Idle = IdleMode.Spin },
            State = new StateOptions
            {
                SnapshotEvery = TimeSpan.MaxValue, Keep = TimeSpan.MaxValue, MaxBytes = 1, RecordPredictions = true,
                RestoredEvents = true,
            },
            Security = new SecurityOptions { Curve = CurveWith("b"), Insecure = true },
            Stop = new StopOptions { Timeout = TimeSpan.MaxValue },
        };
        var then = new RealtimeOptions { Security = new SecurityOptions { Curve = CurveWith("a") } };
        return [.. SettingChanges.Keys(then, Take(then, read))];
    }
}
