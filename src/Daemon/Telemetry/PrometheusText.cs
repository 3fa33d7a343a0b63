using System.Globalization;
using System.Text;
using Realtime.Daemon.Frames.Meters;

namespace Realtime.Daemon.Telemetry;

/// <summary>Writes metrics in the text format of Prometheus, named as OpenTelemetry maps them.</summary>
internal sealed class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StringBuilder _text = new();
    private readonly Observations _observations = new();

    /// <summary>"realtime.tick.latency" in seconds is realtime_tick_latency_seconds.</summary>
    public static string NameOf(Instrument instrument)
    {
        var name = instrument.Name.Replace('.', '_');
        var unit = instrument.Unit switch
        {
            "s" => "_seconds",
            "By" => "_bytes",
            _ => "",
        };
        if (!name.EndsWith(unit, StringComparison.Ordinal))
            name += unit;
        return instrument.Kind == InstrumentKind.Counter ? name + "_total" : name;
    }

    /// <summary>All that was written.</summary>
    public override string ToString() => _text.ToString();

    /// <summary>Writes an instrument where it has values.</summary>
    public void Add(Instrument instrument, Reading reading)
    {
        _observations.Clear();
        instrument.Measure(reading, _observations);
        if (_observations.Values.Count + _observations.Histograms.Count == 0)
            return;
        var name = NameOf(instrument);
        Head(name, instrument.Kind.ToString().ToLowerInvariant(), instrument.Description);
        foreach (var (value, labels) in _observations.Values)
            Sample(name, labels, null, value);
        foreach (var (histogram, labels) in _observations.Histograms)
            AddHistogram(name, instrument, histogram, labels);
    }

    /// <summary>Writes a gauge that no instrument stands for.</summary>
    public void AddGauge(string name, string description, double value, params Label[] labels)
    {
        Head(name, "gauge", description);
        Sample(name, labels, null, value);
    }

    private void AddHistogram(string name, Instrument instrument, ExponentialHistogram histogram, Label[] labels)
    {
        var (from, to, step) = instrument.Bounds;
        for (var exponent = from; exponent <= to; exponent += step)
        {
            var bound = Format(Math.Pow(2, exponent));
            Sample(name + "_bucket", labels, new Label("le", bound), histogram.CountUpTo(exponent));
        }

        Sample(name + "_bucket", labels, new Label("le", "+Inf"), histogram.Count);
        Sample(name + "_sum", labels, null, histogram.Sum);
        Sample(name + "_count", labels, null, histogram.Count);
    }

    private void Head(string name, string type, string description)
    {
        _text.Append("# HELP ").Append(name).Append(' ').Append(description.Replace("\\", @"\\")).Append('\n');
        _text.Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
    }

    private void Sample(string name, Label[] labels, Label? last, double value)
    {
        _text.Append(name);
        var separator = '{';
        foreach (var label in labels)
            Append(label, ref separator);
        if (last is { } one)
            Append(one, ref separator);
        if (separator == ',')
            _text.Append('}');
        _text.Append(' ').Append(Format(value)).Append('\n');
    }

    private void Append(Label label, ref char separator)
    {
        _text.Append(separator).Append(label.Name.Replace('.', '_')).Append("=\"");
        foreach (var c in label.Value)
            _ = c switch
            {
                '\\' => _text.Append(@"\\"),
                '"' => _text.Append("\\\""),
                '\n' => _text.Append("\\n"),
                _ => _text.Append(c),
            };
        _text.Append('"');
        separator = ',';
    }

    private static string Format(double value) =>
        value.ToString("R", CultureInfo.InvariantCulture).Replace('E', 'e');
}
