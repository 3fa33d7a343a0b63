namespace Realtime.Daemon.Sensors;

/// <summary>One value of one sensor.</summary>
/// <param name="Stream">The stream's name, "host/net/eth0/rx".</param>
/// <param name="Value">In <paramref name="Unit"/>; always finite.</param>
/// <param name="Unit">"%", "B", "B/s", "1/s", "°C"; empty for a plain number.</param>
public readonly record struct SensorReading(string Stream, double Value, string Unit);
