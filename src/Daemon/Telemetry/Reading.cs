using Realtime.Daemon.Frames.Meters;

namespace Realtime.Daemon.Telemetry;

/// <summary>Everything that metrics are made of, at one moment.</summary>
/// <param name="Loop">What the loop has counted and measured; not taken while the daemon does not serve yet.</param>
/// <param name="Vitals">What happens beside the loop.</param>
/// <param name="IsServing">The loop runs frames.</param>
internal sealed record Reading(MeterCopy Loop, Vitals Vitals, bool IsServing);
