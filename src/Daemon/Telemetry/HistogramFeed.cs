using System.Diagnostics.Metrics;
using Realtime.Daemon.Frames.Meters;

namespace Realtime.Daemon.Telemetry;

/// <summary>Records in an instrument of the SDK what a histogram of the loop has counted since the last time.</summary>
internal sealed class HistogramFeed(Instrument instrument, Histogram<double> to)
{
    private readonly Dictionary<string, Series> _series = new(StringComparer.Ordinal);
    private readonly Observations _observations = new();

    public string Name => instrument.Name;

    public void Record(Reading reading)
    {
        _observations.Clear();
        instrument.Measure(reading, _observations);
        foreach (var (histogram, labels) in _observations.Histograms)
            Record(Of(labels, histogram), histogram);
    }

    /// <summary>Records a single value now that a later reading will have counted.</summary>
    public void RecordOne(long nanoseconds, Label label)
    {
        var series = Of([label], null);
        to.Record(nanoseconds * FrameMeters.Nanosecond, series.Tags);
        series.Told.Add(nanoseconds);
    }

    private void Record(Series series, ExponentialHistogram histogram)
    {
        foreach (var bucket in histogram.Since(series.Told).Filled())
        {
            // The tags' own array: nothing is allocated for a value.
            for (var i = 0L; i < bucket.Count; i++)
                to.Record(bucket.Mean, series.Tags);
        }

        histogram.CopyTo(series.Told);
    }

    private Series Of(Label[] labels, ExponentialHistogram? like)
    {
        var key = string.Join('\n', labels.Select(static label => label.Value));
        if (!_series.TryGetValue(key, out var series))
        {
            _series[key] = series = new Series(
                OtlpFeed.TagsOf(labels), like?.MakeEmpty() ?? new ExponentialHistogram(FrameMeters.Nanosecond));
        }

        return series;
    }

    private sealed record Series(KeyValuePair<string, object?>[] Tags, ExponentialHistogram Told);
}
