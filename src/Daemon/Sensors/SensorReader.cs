namespace Realtime.Daemon.Sensors;

/// <summary>
/// This machine's vital signs from <c>/proc</c> and <c>/sys</c>: processors, load, memory, processes, network, disks,
/// temperatures. What a machine does not have is left out. Not thread-safe.
/// </summary>
/// <param name="root">Where <c>proc</c> and <c>sys</c> are.</param>
public sealed class SensorReader(string root = "/")
{
    private readonly string _proc = Path.Combine(root, "proc");
    private readonly SensorSweep _sweep = new();
    private readonly TemperatureSensors _temperatures = new(Path.Combine(root, "sys"));

    /// <summary>
    /// Reads every sensor. Rates and utilisations need an earlier reading, so the first one is without them; one whose
    /// counter went back is left out once.
    /// </summary>
    /// <param name="monotonicNanoseconds">A clock that never goes back; only differences count.</param>
    /// <returns>The readings, valid until the next call.</returns>
    public IReadOnlyList<SensorReading> Read(long monotonicNanoseconds)
    {
        _sweep.Begin(monotonicNanoseconds);
        SystemSensors.Read(_proc, _sweep);
        NetworkSensors.Read(_proc, _sweep);
        DiskSensors.Read(_proc, _sweep);
        _temperatures.Read(_sweep);
        return _sweep.Readings;
    }
}
