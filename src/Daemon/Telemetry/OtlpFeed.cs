using System.Diagnostics;
using System.Diagnostics.Metrics;
using Realtime.Daemon.Frames.Tracing;

namespace Realtime.Daemon.Telemetry;

/// <summary>
/// Carries what the loop measures to the SDK's instruments: counters and gauges when they are asked for, histograms and
/// traced ticks on a thread of its own.
/// </summary>
/// <remarks>
/// The SDK takes histograms one value at a time only, so each bucket of the loop's is recorded as often as it has
/// counted, at the mean of its values (docs/adr, "Histograms are recorded behind the loop").
/// </remarks>
internal sealed class OtlpFeed : IDisposable
{
    // How often traced ticks are told, and how many at once: what comes faster fills the ring, and is counted there.
    private static readonly TimeSpan BetweenTraces = TimeSpan.FromMilliseconds(200);
    private const int TracesAtOnce = 300;
    private const int TurnsPerReading = 5;

    // After a collection has begun nothing is recorded until it must be through: it shows one moment.
    private static readonly TimeSpan Collecting = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly MeterReader _meters;
    private readonly Meter _meter = new(Instruments.Meter, Hosting.DaemonHost.Version);
    private readonly List<HistogramFeed> _histograms = [];
    private readonly TickSpans _spans = new();
    private readonly Lock _lock = new();
    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread _thread;
    private volatile Reading? _reading;
    private long _collected;

    // Traced ticks up to here are among the values recorded.
    private long _recorded;

    public OtlpFeed(MeterReader meters)
    {
        _meters = meters;
        for (var i = 0; i < Instruments.All.Count; i++)
            Add(Instruments.All[i], isFirst: i == 0);
        _thread = new Thread(Run) { Name = "telemetry", IsBackground = true };
        _thread.Start();
    }

    /// <summary>The thread ends; what is asked for is told still.</summary>
    public void Stop()
    {
        _stop.Set();
        _thread.Join();
        Tell(int.MaxValue);
        Refresh();
    }

    public void Dispose()
    {
        Stop();
        _meter.Dispose();
        _spans.Dispose();
        _stop.Dispose();
    }

    private void Run()
    {
        for (var turn = 1; !_stop.Wait(BetweenTraces); turn++)
        {
            Tell(TracesAtOnce);
            if (turn % TurnsPerReading == 0 && Stopwatch.GetElapsedTime(Volatile.Read(ref _collected)) > Collecting)
                Refresh();
        }
    }

    private void Add(Instrument instrument, bool isFirst)
    {
        var (name, unit, text) = (instrument.Name, instrument.Unit, instrument.Description);
        switch (instrument.Kind)
        {
            case InstrumentKind.Histogram:
                _histograms.Add(new HistogramFeed(instrument, _meter.CreateHistogram<double>(name, unit, text)));
                break;
            case InstrumentKind.Counter:
                _meter.CreateObservableCounter(name, () => Observe(instrument, isFirst), unit, text);
                break;
            case InstrumentKind.Gauge when unit == "s":
                _meter.CreateObservableGauge(name, () => ObserveSeconds(instrument), unit, text);
                break;
            default:
                _meter.CreateObservableGauge(name, () => Observe(instrument, isFirst), unit, text);
                break;
        }
    }

    private IEnumerable<Measurement<long>> Observe(Instrument instrument, bool isFirst)
    {
        // One reading for all of a collection.
        if (isFirst)
        {
            Volatile.Write(ref _collected, Stopwatch.GetTimestamp());
            Refresh();
        }

        return ObserveSeconds(instrument).Select(static one => new Measurement<long>((long)one.Value, one.Tags));
    }

    private List<Measurement<double>> ObserveSeconds(Instrument instrument)
    {
        if (_reading is not { } reading)
            return [];
        var observations = new Observations();
        instrument.Measure(reading, observations);
        return [.. observations.Values.Select(static one => new Measurement<double>(one.Value, TagsOf(one.Labels)))];
    }

    private void Refresh()
    {
        lock (_lock)
        {
            if (_meters.ReadAsync(Patience).GetAwaiter().GetResult() is not { } reading)
                return;
            foreach (var histogram in _histograms)
                histogram.Record(reading);
            _recorded = reading.Loop.Traced;
            _reading = reading;
        }
    }

    // A tick that no reading has told of yet is recorded here, inside its span, and left out there.
    private void Tell(int most)
    {
        if (_meters.Traces is not { } ring)
            return;
        lock (_lock)
        {
            for (; most > 0 && ring.TryTake(out var tick, out var number); most--)
            {
                if (tick.IsDropped || number < _recorded)
                    _spans.Tell(in tick, null);
                else
                    _spans.Tell(in tick, Latency);
            }
        }
    }

    private void Latency(TracedTick tick) =>
        _histograms.Find(static one => one.Name == Instruments.TickLatency)!
            .RecordOne(tick.HandedOver - tick.Received, new Label("model", tick.Model.Name));

    internal static KeyValuePair<string, object?>[] TagsOf(Label[] labels) =>
        [.. labels.Select(static label => new KeyValuePair<string, object?>(label.Name, label.Value))];
}
