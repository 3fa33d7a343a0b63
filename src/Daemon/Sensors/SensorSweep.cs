namespace Realtime.Daemon.Sensors;

/// <summary>One pass over the sensors, and the counters of the pass before.</summary>
internal sealed class SensorSweep
{
    private const double NanosecondsPerSecond = 1e9;

    private readonly List<SensorReading> _readings = [];
    private readonly Dictionary<string, (ulong Count, long Time)> _counters = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (ulong Busy, ulong Total)> _shares = new(StringComparer.Ordinal);
    private long _now;

    public IReadOnlyList<SensorReading> Readings => _readings;

    public void Begin(long now)
    {
        _now = now;
        _readings.Clear();
    }

    public void Gauge(string stream, double value, string unit)
    {
        if (double.IsFinite(value))
        {
            _readings.Add(new(stream, value, unit));
        }
    }

    /// <summary>
    /// A counter's growth per second since it was last seen. A counter that went back has wrapped or was reset, which
    /// cannot be told apart, so it only starts anew.
    /// </summary>
    public void Rate(string stream, ulong count, string unit, double scale = 1)
    {
        var seen = _counters.TryGetValue(stream, out var last);
        if (seen && _now <= last.Time)
        {
            return;
        }
        _counters[stream] = (count, _now);
        if (seen && count >= last.Count)
        {
            Gauge(stream, (count - last.Count) * scale / ((_now - last.Time) / NanosecondsPerSecond), unit);
        }
    }

    /// <summary>Per cent of the total's growth that was busy; nothing while the total stands still.</summary>
    public void Share(string stream, ulong busy, ulong total)
    {
        if (!_shares.TryGetValue(stream, out var last) || total < last.Total)
        {
            _shares[stream] = (busy, total);
            return;
        }
        if (total == last.Total)
        {
            return;
        }
        _shares[stream] = (busy, total);
        // Idle time may shrink a little between two reads of the kernel's counters.
        var grown = Math.Clamp((double)busy - last.Busy, 0, total - last.Total);
        Gauge(stream, 100 * grown / (total - last.Total), "%");
    }
}
