using Realtime.Training.Baselines;

namespace Realtime.Training.Evaluation;

/// <summary>
/// The score of one stream's forecasts, prequentially: a forecast for h ticks ahead is held until that tick has come.
/// Each tick is <see cref="Observe"/>, then <see cref="Hold"/> with what was forecast from it. Baselines go along, and
/// all are scored on the same values: where there is a value, a forecast of the model for it, and where a value was
/// seen before that was made.
/// </summary>
public sealed class SeriesScore
{
    /// <summary>Where baselines stand in <see cref="ScoredForecast.Baselines"/>.</summary>
    public const int Persistence = 0, Linear = 1, Seasonal = 2;

    private readonly int _horizons;
    private readonly int _slots;
    private readonly int _stride;
    private readonly Baseline[][] _baselines;
    private readonly NaiveErrors[] _naive;

    // Rings over the ticks from which a forecast may still be waiting: the model's, the baselines'.
    private readonly double[] _forecasts;
    private readonly double[] _baselineForecasts;
    private readonly double[] _answers;
    private readonly double[] _compared;
    private readonly PointSums[] _sums;
    private readonly QuantileSums[] _quantiles;
    private long _tick;

    public SeriesScore(ScorePlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        Plan = plan;
        _horizons = plan.Horizons.Count;
        _slots = plan.Horizons.Max() + 1;
        _stride = 1 + plan.Quantiles.Count;
        _baselines = [.. Enumerable.Range(0, plan.Outputs).Select(_ => MakeBaselines(plan))];
        _naive = [.. _baselines.Select(_ => new NaiveErrors(plan.Season ?? 1))];
        var targets = _horizons * plan.Outputs;
        _forecasts = NaNs(_slots * targets * _stride);
        _baselineForecasts = NaNs(_slots * targets * Baselines);
        _answers = new double[_horizons];
        _compared = new double[Baselines];
        _sums = new PointSums[targets * (1 + Baselines)];
        _quantiles = [.. Enumerable.Range(0, targets).Select(_ => new QuantileSums(plan))];
        // The first row's prediction is held before anything was observed.
        _tick = plan.IsOfOwnRow ? 0 : -1;
    }

    public ScorePlan Plan { get; }

    /// <summary>Told of each scored forecast; null tells nobody.</summary>
    public ForecastScored? Scored { get; set; }

    private int Baselines => _baselines[0].Length;

    /// <summary>A tick has come: scores what was forecast for it. Where values are of the rows themselves, it comes
    /// behind <see cref="Hold"/>.</summary>
    /// <param name="actual">One value per output, NaN where missing.</param>
    /// <param name="score">False steps over the tick without scoring it.</param>
    /// <param name="scales">The naive error that MASE divides by is taken from this tick, too.</param>
    public void Observe(ReadOnlySpan<double> actual, bool score = true, bool scales = true)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(actual.Length, Plan.Outputs);
        _tick++;
        for (var h = 0; score && h < _horizons && _tick >= Plan.Horizons[h]; h++)
        {
            for (var output = 0; output < actual.Length; output++)
            {
                Score(h, output, actual[output]);
            }
        }
        Held(_tick).Fill(double.NaN);
        for (var output = 0; !Plan.IsOfOwnRow && output < actual.Length; output++)
        {
            _naive[output].Add(actual[output], scales);
            StepBaselines(output, actual[output]);
        }
    }

    /// <summary>Holds what is forecast from the tick just observed.</summary>
    /// <param name="forecast">[horizon][output][1 + quantiles], the mean first; NaN where there is none.</param>
    public void Hold(ReadOnlySpan<double> forecast)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(forecast.Length, _horizons * Plan.Outputs * _stride);
        if (_tick < 0)
        {
            throw new InvalidOperationException("a forecast is held after the tick it was made from is observed");
        }
        forecast.CopyTo(Held(_tick));
    }

    /// <summary>The sums of a forecaster: 0 the model, then the baselines.</summary>
    internal ref readonly PointSums Sums(int forecaster, int horizon, int output) =>
        ref _sums[forecaster * _horizons * Plan.Outputs + horizon * Plan.Outputs + output];

    internal QuantileSums Quantiles(int horizon, int output) => _quantiles[horizon * Plan.Outputs + output];

    /// <summary>Mean absolute error of the naive forecast of an output; NaN where nothing was compared.</summary>
    internal double NaiveError(int output) => _naive[output].Mean;

    private static Baseline[] MakeBaselines(ScorePlan plan)
    {
        Baseline[] always = [new Persistence(plan.Horizons), new OnlineLinear(plan.Horizons)];
        return plan.Season is { } season ? [.. always, new SeasonalNaive(plan.Horizons, season)] : always;
    }

    private void Score(int h, int output, double actual)
    {
        var made = _tick - Plan.Horizons[h];
        var target = h * Plan.Outputs + output;
        var forecast = Held(made).Slice(target * _stride, _stride);
        for (var b = 0; b < _compared.Length; b++)
        {
            _compared[b] = _baselineForecasts[BaselinePlace(made, b, h, output)];
        }
        var isCompared = !double.IsNaN(_compared[Persistence]);
        if (double.IsNaN(actual) || double.IsNaN(forecast[0]) || !isCompared && !Plan.IsOfOwnRow)
        {
            return;
        }
        _sums[target].Add(actual, forecast[0]);
        for (var b = 0; isCompared && b < _compared.Length; b++)
        {
            _sums[(1 + b) * _horizons * Plan.Outputs + target].Add(actual, _compared[b]);
        }
        _quantiles[target].Add(actual, forecast[1..]);
        Scored?.Invoke(new ScoredForecast(actual, forecast, _compared)
        {
            Row = Plan.IsOfOwnRow ? _tick - 1 : _tick,
            Horizon = h,
            Output = output,
        });
    }

    private void StepBaselines(int output, double actual)
    {
        for (var b = 0; b < Baselines; b++)
        {
            _baselines[output][b].Step(actual, _answers);
            for (var h = 0; h < _horizons; h++)
            {
                _baselineForecasts[BaselinePlace(_tick, b, h, output)] = _answers[h];
            }
        }
    }

    private int BaselinePlace(long tick, int baseline, int horizon, int output) =>
        (((int)(tick % _slots) * Baselines + baseline) * _horizons + horizon) * Plan.Outputs + output;

    private Span<double> Held(long tick)
    {
        var length = _horizons * Plan.Outputs * _stride;
        return _forecasts.AsSpan((int)(tick % _slots) * length, length);
    }

    private static double[] NaNs(int count)
    {
        var array = new double[count];
        Array.Fill(array, double.NaN);
        return array;
    }
}
