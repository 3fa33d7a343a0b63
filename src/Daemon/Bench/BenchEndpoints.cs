namespace Realtime.Daemon.Bench;

/// <summary>Where a daemon, or what stands in for one, is reached; null is not measured.</summary>
public sealed record BenchEndpoints(string? Requests, string? Ingest, string? Predictions);
