using Realtime.Protocol;

namespace Realtime.Daemon.Commands;

/// <summary>Everything a display shows at one moment.</summary>
internal sealed record WatchView
{
    public required string Endpoint { get; init; }
    public required string Prefix { get; init; }

    /// <summary>Since the start of watching.</summary>
    public TimeSpan Elapsed { get; init; }
    public long Predictions { get; init; }

    /// <summary>Predictions per second.</summary>
    public double Rate { get; init; }

    /// <summary>Predictions that did not come, by the streams' numbers.</summary>
    public ulong Missed { get; init; }
    public int StreamCount { get; init; }

    /// <summary>The streams to show; there may be more.</summary>
    public required IReadOnlyList<StreamView> Streams { get; init; }

    /// <summary>Nanoseconds, as are the others.</summary>
    public double MedianAge { get; init; }
    public double HighAge { get; init; }
    public double MaxAge { get; init; }

    public long Events { get; init; }
    public StreamEvent? LastEvent { get; init; }

    /// <summary>How often each event was seen.</summary>
    public required IReadOnlyDictionary<string, long> EventCounts { get; init; }
    public Heartbeat? Heartbeat { get; init; }

    /// <summary>Since the last heartbeat.</summary>
    public TimeSpan Silence { get; init; }

    /// <summary>What is being waited for; null once predictions come.</summary>
    public string? WaitingFor => Predictions > 0
        ? null
        : $"waiting for predictions of {(Prefix.Length == 0 ? "any stream" : $"streams {Prefix}…")} from {Endpoint}: "
            + (Heartbeat is null
                ? "no heartbeat yet, is a daemon running there?" : "the daemon is up, but no tick has come");

    public string AgeText =>
        $"age p50 {ShortText.Duration(MedianAge)}, p99 {ShortText.Duration(HighAge)}, max {ShortText.Duration(MaxAge)}";

    public string EventText => LastEvent is null
        ? "no events"
        : $"{Events} event{(Events == 1 ? "" : "s")}, last {LastEvent.Event} {LastEvent.Stream}"
            + (LastEvent.Score is { } score ? FormattableString.Invariant($" {score:0.00}") : "");

    /// <summary>Whether the daemon's heartbeat, once a second, stays away.</summary>
    public bool IsSilent => Silence > TimeSpan.FromSeconds(3);

    public string HeartbeatText
    {
        get
        {
            if (Heartbeat is not { } heartbeat)
                return "no heartbeat yet";
            var late = IsSilent
                ? $", silent for {ShortText.Duration(Silence.TotalMilliseconds * 1e6)}" : "";
            return $"daemon up {ShortText.Duration(heartbeat.Uptime * 1e9)}, "
                + $"{ShortText.Count(heartbeat.Received)} received, {ShortText.Count(heartbeat.Stepped)} stepped, "
                + $"{ShortText.Count(heartbeat.Streams)} streams{late}";
        }
    }
}
