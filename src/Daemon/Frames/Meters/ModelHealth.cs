using Realtime.Protocol;

namespace Realtime.Daemon.Frames.Meters;

/// <summary>How the streams of one model do, all alike.</summary>
/// <param name="levels">Shares of values that its intervals are to hold.</param>
public sealed class ModelHealth(IReadOnlyList<double> levels)
{
    private readonly double[] _coverage = new double[levels.Count];
    private double _logRatios;

    /// <summary>Shares of values that its intervals are to hold; empty where it has none.</summary>
    public IReadOnlyList<double> Levels => levels;

    /// <summary>Streams without a tick for long.</summary>
    public long Stale { get; private set; }

    /// <summary>Streams whose error can be told in persistence's, and those of them that do worse.</summary>
    public long Scored { get; private set; }
    public long Worse { get; private set; }

    /// <summary>Streams whose last forecast was the last value, or came of the frozen head.</summary>
    public long Fallback { get; private set; }
    public long Frozen { get; private set; }

    /// <summary>Streams with an anomaly that has not ended.</summary>
    public long Anomalous { get; private set; }

    /// <summary>Streams whose intervals were judged.</summary>
    public long Judged { get; private set; }

    /// <summary>Geometric mean of the errors in persistence's; NaN where none can be told.</summary>
    public double ErrorRatio => Scored == 0 ? double.NaN : Math.Exp(_logRatios / Scored);

    /// <summary>The mean share of values that the intervals of a level held.</summary>
    public double Coverage(int level) => Judged == 0 ? double.NaN : _coverage[level] / Judged;

    internal void Clear()
    {
        (Stale, Scored, Worse, Fallback, Frozen, Anomalous, Judged) = (0, 0, 0, 0, 0, 0, 0);
        _logRatios = 0;
        _coverage.AsSpan().Clear();
    }

    internal void Add(in StreamRow stream, bool isStale)
    {
        Stale += isStale ? 1 : 0;
        Fallback += (stream.Flags & PredictionFlags.Fallback) != 0 ? 1 : 0;
        Frozen += (stream.Flags & PredictionFlags.Frozen) != 0 ? 1 : 0;
        Anomalous += stream.IsAnomalous ? 1 : 0;
        var ratio = stream.Errors.Ratio;
        if (double.IsNaN(ratio))
            return;
        Scored++;
        Worse += ratio > 1 ? 1 : 0;
        // A stream that is forecast exactly must not make the mean nothing.
        _logRatios += Math.Log(Math.Clamp(ratio, 1e-3, 1e3));
    }

    internal void AddCoverage(StreamMonitor monitor)
    {
        if (monitor.Judged == 0)
            return;
        Judged++;
        for (var level = 0; level < _coverage.Length; level++)
            _coverage[level] += monitor.Coverage[level];
    }

    internal void CopyTo(ModelHealth other)
    {
        (other.Stale, other.Scored, other.Worse) = (Stale, Scored, Worse);
        (other.Fallback, other.Frozen, other.Anomalous, other.Judged) = (Fallback, Frozen, Anomalous, Judged);
        other._logRatios = _logRatios;
        _coverage.CopyTo(other._coverage, 0);
    }
}
