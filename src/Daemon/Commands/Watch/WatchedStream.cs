using Realtime.Protocol;
using Realtime.Training;

namespace Realtime.Daemon.Commands;

/// <summary>What a subscriber has seen of one stream: its first value and first output, at one tick ahead.</summary>
internal sealed class WatchedStream(string name)
{
    // A quarter of a power of two: coarse, as there may be many streams.
    private const int PartBits = 2;

    private readonly LatencyHistogram _ages = new(PartBits);
    private readonly Sparkline _trend = new();
    private readonly TickRate _rate = new();
    private ErrorSums _errors;
    private ErrorSums _persistenceErrors;
    private double _seen = double.NaN;
    private double _value = double.NaN;
    private double _forecast = double.NaN;
    private double _next = double.NaN;
    private string? _class;
    private ulong _seq;
    private long _ticks;
    private PredictionFlags _flags;
    private double _score = double.NaN;

    public string Name { get; } = name;

    /// <summary>When the last prediction came, in nanoseconds since 1970.</summary>
    public long Arrival { get; private set; }

    /// <summary>Ticks per second.</summary>
    public double Rate => _rate.PerSecond();

    /// <summary>Takes the next prediction.</summary>
    /// <returns>How many were missed before it, by its number.</returns>
    public ulong Observe(Prediction prediction, long arrival)
    {
        var follows = _ticks > 0 && prediction.Seq == _seq + 1;
        var missed = _ticks > 0 && prediction.Seq > _seq ? prediction.Seq - _seq - 1 : 0;
        _value = prediction.Values.Count > 0 ? prediction.Values[0] : double.NaN;
        _forecast = follows ? _next : double.NaN;
        Score(follows);
        if (double.IsFinite(_value))
            _seen = _value;
        _next = FirstForecast(prediction);
        _class = LikeliestClass(prediction);
        (_seq, _flags, Arrival) = (prediction.Seq, prediction.Flags, arrival);
        _score = prediction.Score ?? double.NaN;
        _ticks++;
        _rate.Count();
        _trend.Add(_value);
        _ages.Record(arrival - prediction.Time);
        return missed;
    }

    public StreamView View() => new()
    {
        Name = Name,
        Trend = _trend.ToString(),
        Value = _value,
        Forecast = _forecast,
        Mae = _errors.Mae,
        PersistenceMae = _persistenceErrors.Mae,
        Next = _next,
        Class = _class,
        Flags = _flags,
        Score = _score,
        Ticks = _ticks,
        Rate = Rate,
        MedianAge = _ages.Quantile(0.5),
        HighAge = _ages.Quantile(0.99),
    };

    // Model and persistence are scored on the same ticks: where all three numbers are there.
    private void Score(bool follows)
    {
        if (!follows || !double.IsFinite(_value - _forecast) || !double.IsFinite(_seen))
            return;
        _errors.Add(_value - _forecast);
        _persistenceErrors.Add(_value - _seen);
    }

    private static double FirstForecast(Prediction prediction)
    {
        for (var i = 0; i < prediction.Horizons.Count && i < prediction.Mean.Count; i++)
        {
            // Outputs carry no names: they are the inputs' where there are as many.
            var row = prediction.Mean[i];
            if (prediction.Horizons[i] == 1 && row.Count == prediction.Values.Count && row.Count > 0)
                return row[0];
        }

        return double.NaN;
    }

    private static string? LikeliestClass(Prediction prediction) => prediction.Classes.Count == 0
        ? null
        : prediction.Classes.MaxBy(static entry => entry.Value) is var (name, share)
            ? FormattableString.Invariant($"{name} {100 * share:0} %")
            : null;
}
