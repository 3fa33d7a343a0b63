using Realtime.Daemon.Frames.Meters;

namespace Realtime.Daemon.Telemetry;

internal enum InstrumentKind
{
    Counter,
    Gauge,
    Histogram,
}

/// <summary>A metric of the daemon, whoever it is told to.</summary>
/// <param name="Name">As OpenTelemetry has it: "realtime.tick.latency".</param>
/// <param name="Kind">How its values are to be understood.</param>
/// <param name="Unit">In UCUM: "s", "By", "{tick}".</param>
/// <param name="Description">One line.</param>
/// <param name="Measure">Takes its values from a reading.</param>
internal sealed record Instrument(
    string Name, InstrumentKind Kind, string Unit, string Description, Action<Reading, Observations> Measure)
{
    /// <summary>Exponents of two from the lowest to the highest bound of the classic buckets that Prometheus gets, and
    /// the step between them.</summary>
    public (double From, double To, double Step) Bounds { get; init; }
}

/// <summary>A label of a value.</summary>
internal readonly record struct Label(string Name, string Value);

/// <summary>Takes the values of one instrument.</summary>
internal sealed class Observations
{
    private readonly List<(double Value, Label[] Labels)> _values = [];
    private readonly List<(ExponentialHistogram Histogram, Label[] Labels)> _histograms = [];

    public IReadOnlyList<(double Value, Label[] Labels)> Values => _values;

    public IReadOnlyList<(ExponentialHistogram Histogram, Label[] Labels)> Histograms => _histograms;

    public void Add(double value, params Label[] labels) => _values.Add((value, labels));

    public void Add(ExponentialHistogram histogram, params Label[] labels) => _histograms.Add((histogram, labels));

    public void Clear()
    {
        _values.Clear();
        _histograms.Clear();
    }
}
