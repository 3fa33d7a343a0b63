namespace Realtime.Daemon.Frames.Requests;

/// <summary>What does not change while the daemon runs, for <c>hello</c>, <c>describe</c> and <c>stats</c>.</summary>
public sealed record DaemonFacts
{
    public required string Version { get; init; }
    public required string Engine { get; init; }
    public required string Kernel { get; init; }
    public string? Device { get; init; }

    /// <summary>What <c>hello</c> tells clients about limits, by the names of the configuration.</summary>
    public required IReadOnlyDictionary<string, long> Limits { get; init; }

    /// <summary>Endpoints as bound, by the names of the configuration.</summary>
    public required IReadOnlyDictionary<string, string> Endpoints { get; init; }
}
