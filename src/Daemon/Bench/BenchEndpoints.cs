using Realtime.Daemon.Commands;

namespace Realtime.Daemon.Bench;

/// <summary>Where a daemon, or what stands in for one, is reached; null is not measured.</summary>
/// <param name="Requests">Its requests endpoint.</param>
/// <param name="Ingest">Its ingest endpoint.</param>
/// <param name="Predictions">Its predictions endpoint.</param>
/// <param name="Keys">By which it is reached; null in the clear.</param>
public sealed record BenchEndpoints(string? Requests, string? Ingest, string? Predictions, ClientKeys? Keys = null);
