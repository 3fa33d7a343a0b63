namespace Realtime.Training;

/// <summary>
/// The error of one stream's forecasts beside persistence's, prequentially: a forecast for h ticks ahead is held until
/// that tick arrives. Each tick is <see cref="Observe"/>, then <see cref="Hold"/> with what was forecast from it.
/// Both are scored on the same ticks: where there is a value and a forecast for it, and a value was seen before.
/// </summary>
public sealed class ForecastError
{
    private readonly int[] _horizons;
    private readonly int _outputs;
    private readonly double[] _scale;
    private readonly double[] _last;

    // Rings over the ticks from which a forecast may still be waiting: [slot][horizon][output] and [slot][output].
    private readonly int _slots;
    private readonly double[] _forecasts;
    private readonly double[] _persistence;
    private readonly ErrorSums[] _forecastErrors;
    private readonly ErrorSums[] _persistenceErrors;
    private long _tick = -1;

    /// <param name="horizons">In ticks, ascending, from 1.</param>
    /// <param name="outputs">Values forecast per tick.</param>
    /// <param name="scale">What each output's errors are divided by; null is 1.</param>
    public ForecastError(IReadOnlyList<int> horizons, int outputs, IReadOnlyList<double>? scale = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(horizons.Count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(horizons.Min(), 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(outputs, 1);
        if (scale is not null && scale.Count != outputs)
        {
            throw new ArgumentException($"{scale.Count} scales for {outputs} outputs", nameof(scale));
        }
        _horizons = [.. horizons];
        _outputs = outputs;
        _scale = scale is null ? [.. Enumerable.Repeat(1.0, outputs)] : [.. scale];
        _slots = horizons.Max() + 1;
        _last = NaNs(outputs);
        _forecasts = NaNs(_slots * _horizons.Length * outputs);
        _persistence = NaNs(_slots * outputs);
        _forecastErrors = new ErrorSums[_horizons.Length];
        _persistenceErrors = new ErrorSums[_horizons.Length];
    }

    public IReadOnlyList<int> Horizons => _horizons;

    /// <summary>Per horizon, over outputs and ticks.</summary>
    public IReadOnlyList<ErrorSums> Forecast => _forecastErrors;

    /// <summary>The same ticks, forecast by the last value seen.</summary>
    public IReadOnlyList<ErrorSums> Persistence => _persistenceErrors;

    /// <summary>A tick has come: scores what was forecast for it.</summary>
    /// <param name="actual">One value per output, NaN where missing.</param>
    /// <param name="score">False steps over the tick without scoring it.</param>
    public void Observe(ReadOnlySpan<double> actual, bool score = true)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(actual.Length, _outputs);
        _tick++;
        for (var h = 0; score && h < _horizons.Length; h++)
        {
            Score(h, actual);
        }
        for (var i = 0; i < _outputs; i++)
        {
            _last[i] = double.IsNaN(actual[i]) ? _last[i] : actual[i];
        }
        _last.CopyTo(_persistence.AsSpan(Slot(_tick) * _outputs));
        Held(_tick).Fill(double.NaN);
    }

    /// <summary>Holds what is forecast from the tick just observed.</summary>
    /// <param name="forecast">[horizon][output]; NaN where there is none.</param>
    public void Hold(ReadOnlySpan<double> forecast)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(forecast.Length, _horizons.Length * _outputs);
        if (_tick < 0)
        {
            throw new InvalidOperationException("a forecast is held after the tick it was made from is observed");
        }
        forecast.CopyTo(Held(_tick));
    }

    /// <summary>Adds another stream's errors.</summary>
    public void Add(ForecastError other)
    {
        if (!_horizons.SequenceEqual(other._horizons))
        {
            throw new ArgumentException("the horizons differ", nameof(other));
        }
        for (var h = 0; h < _horizons.Length; h++)
        {
            _forecastErrors[h].Add(other._forecastErrors[h]);
            _persistenceErrors[h].Add(other._persistenceErrors[h]);
        }
    }

    private void Score(int h, ReadOnlySpan<double> actual)
    {
        var made = _tick - _horizons[h];
        if (made < 0)
        {
            return;
        }
        var forecast = Held(made).Slice(h * _outputs, _outputs);
        var persistence = _persistence.AsSpan(Slot(made) * _outputs, _outputs);
        for (var i = 0; i < _outputs; i++)
        {
            var error = (forecast[i] - actual[i]) / _scale[i];
            var persistenceError = (persistence[i] - actual[i]) / _scale[i];
            if (!double.IsNaN(error) && !double.IsNaN(persistenceError))
            {
                _forecastErrors[h].Add(error);
                _persistenceErrors[h].Add(persistenceError);
            }
        }
    }

    private int Slot(long tick) => (int)(tick % _slots);

    private Span<double> Held(long tick)
    {
        var length = _horizons.Length * _outputs;
        return _forecasts.AsSpan(Slot(tick) * length, length);
    }

    private static double[] NaNs(int count)
    {
        var array = new double[count];
        Array.Fill(array, double.NaN);
        return array;
    }
}
