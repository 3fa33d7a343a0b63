using System.Diagnostics;
using Realtime.Protocol;

namespace Realtime.Daemon.Commands;

/// <summary>What a subscriber has seen. One thread observes while another looks.</summary>
internal sealed class WatchBoard(string endpoint, string prefix)
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, WatchedStream> _streams = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _eventCounts = new(StringComparer.Ordinal);
    private readonly LatencyHistogram _ages = new();
    private readonly long _start = Stopwatch.GetTimestamp();
    private long _predictions;
    private ulong _missed;
    private StreamEvent? _lastEvent;
    private Heartbeat? _heartbeat;
    private long _heartbeatAt;

    /// <param name="message">What came.</param>
    /// <param name="arrival">When, in nanoseconds since 1970.</param>
    public void Observe(SubscribedMessage message, long arrival)
    {
        lock (_gate)
        {
            if (message.Prediction is { } prediction)
                Observe(prediction, arrival);
            if (message.Event is { } happened)
            {
                _lastEvent = happened;
                _eventCounts[happened.Event] = _eventCounts.GetValueOrDefault(happened.Event) + 1;
            }

            if (message.Heartbeat is { } heartbeat)
                (_heartbeat, _heartbeatAt) = (heartbeat, Stopwatch.GetTimestamp());
        }
    }

    /// <param name="rows">How many streams to show.</param>
    /// <param name="recent">Those seen last, in place of the first by name.</param>
    public WatchView Look(int rows, bool recent = false)
    {
        lock (_gate)
        {
            return new WatchView
            {
                Endpoint = endpoint,
                Prefix = prefix,
                Elapsed = Stopwatch.GetElapsedTime(_start),
                Predictions = _predictions,
                Rate = _streams.Values.Sum(static stream => stream.Rate),
                Missed = _missed,
                StreamCount = _streams.Count,
                Streams = [.. Shown(rows, recent).Select(static stream => stream.View())],
                MedianAge = _ages.Quantile(0.5),
                HighAge = _ages.Quantile(0.99),
                MaxAge = _ages.Count == 0 ? double.NaN : _ages.Max,
                Events = _eventCounts.Values.Sum(),
                LastEvent = _lastEvent,
                EventCounts = new Dictionary<string, long>(_eventCounts),
                Heartbeat = _heartbeat,
                Silence = Stopwatch.GetElapsedTime(_heartbeatAt),
            };
        }
    }

    private void Observe(Prediction prediction, long arrival)
    {
        if (!_streams.TryGetValue(prediction.Stream, out var stream))
        {
            stream = new WatchedStream(prediction.Stream);
            _streams.Add(prediction.Stream, stream);
        }

        _missed += stream.Observe(prediction, arrival);
        _ages.Record(arrival - prediction.Time);
        _predictions++;
    }

    private IEnumerable<WatchedStream> Shown(int rows, bool recent) => recent
        ? _streams.Values.OrderByDescending(static stream => stream.Arrival).Take(rows)
        : _streams.Values.Take(rows);
}
