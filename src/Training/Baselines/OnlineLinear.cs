namespace Realtime.Training.Baselines;

/// <summary>
/// A linear forecast of a series from its last 24 values, learnt online by recursive least squares, without a net: the
/// control that says what a recurrent net is worth.
/// </summary>
/// <remarks>
/// Features are the value in standard deviations from its running mean, the 23 newest changes over the scale s of the
/// series' changes (both limited to ±8), and 1. Target of horizon H is (x(t+H) − x(t)) / s, limited to ±30; it is
/// learnt when x(t+H) has come, with the features of t, by a least squares of its own. The forecast is x + ω d s, where
/// d is limited to ±6√H and ω = E[y d] / E[d²], limited to [0, 1], with a half-life of 200 ticks, is how far such
/// forecasts could be relied on: 0 in the first 50 ticks, so that the start is persistence. After a missing value the
/// forecast is the last value.
/// </remarks>
public sealed class OnlineLinear : Baseline
{
    private const int Changes = 23;
    private const int Width = Changes + 2;
    private const double Forgetting = 0.9998;
    private const double FeatureLimit = 8;
    private const double TargetLimit = 30;
    private const double ForecastLimit = 6;
    private const int LearnsFrom = 5;
    private const int JudgesFrom = 10;
    private const int TrustsFrom = 50;
    private static readonly double GateRate = 1 - Math.Pow(2, -1.0 / 200);

    private readonly RunningScale _scale = new();
    private readonly RecursiveLeastSquares[] _heads;
    private readonly double[] _products;
    private readonly double[] _squares;
    private readonly Queue<double> _changes = new(Enumerable.Repeat(0.0, Changes));

    // What was forecast from, and what, for each tick whose targets may still come.
    private readonly Origin[] _origins;
    private long _tick = -1;

    public OnlineLinear(IReadOnlyList<int> horizons)
        : base(horizons)
    {
        _heads = [.. horizons.Select(static _ => new RecursiveLeastSquares(Width, Forgetting))];
        _products = new double[horizons.Count];
        _squares = new double[horizons.Count];
        _origins = [.. Enumerable.Range(0, horizons.Max() + 1).Select(_ => new Origin(horizons.Count))];
    }

    protected override void Observe(double value)
    {
        _tick++;
        var now = OriginOf(_tick);
        now.IsKnown = !double.IsNaN(value);
        for (var i = 0; now.IsKnown && i < _heads.Length; i++)
        {
            Settle(i, value);
        }
        _changes.Dequeue();
        _changes.Enqueue(now.IsKnown ? ChangeTo(value) : 0);
        if (now.IsKnown)
        {
            Describe(now, value);
        }
    }

    protected override void Forecast(Span<double> forecast)
    {
        var now = OriginOf(_tick);
        for (var i = 0; i < forecast.Length; i++)
        {
            forecast[i] = now.IsKnown ? now.Value + Trust(i) * now.Forecasts[i] * now.Scale : Last;
        }
    }

    private Origin OriginOf(long tick) => _origins[tick % _origins.Length];

    private double Trust(int head) => _tick < TrustsFrom || !(_squares[head] > 0)
        ? 0
        : Math.Clamp(_products[head] / _squares[head], 0, 1);

    // A change over a missing value is one of several ticks: the scale takes it, the features do not.
    private double ChangeTo(double value)
    {
        var isNext = _tick > 0 && OriginOf(_tick - 1).IsKnown;
        var change = _scale.Add(value);
        return isNext ? change : 0;
    }

    private void Settle(int head, double value)
    {
        var made = _tick - Horizons[head];
        if (made < 0 || OriginOf(made) is not { IsKnown: true } origin)
        {
            return;
        }
        var target = Math.Clamp((value - origin.Value) / origin.Scale, -TargetLimit, TargetLimit);
        if (_tick >= JudgesFrom)
        {
            var forecast = origin.Forecasts[head];
            _products[head] += GateRate * (target * forecast - _products[head]);
            _squares[head] += GateRate * (forecast * forecast - _squares[head]);
        }
        if (_tick >= LearnsFrom)
        {
            _heads[head].Learn(origin.Features, target);
        }
    }

    private void Describe(Origin now, double value)
    {
        (now.Value, now.Scale) = (value, _scale.Step);
        now.Features[0] = Math.Clamp(_scale.Standing, -FeatureLimit, FeatureLimit);
        var next = Changes;
        foreach (var change in _changes)
        {
            now.Features[next--] = Math.Clamp(change / now.Scale, -FeatureLimit, FeatureLimit);
        }
        now.Features[Width - 1] = 1;
        for (var i = 0; i < _heads.Length; i++)
        {
            var limit = ForecastLimit * Math.Sqrt(Horizons[i]);
            now.Forecasts[i] = Math.Clamp(_heads[i].Apply(now.Features), -limit, limit);
        }
    }

    private sealed class Origin(int horizons)
    {
        public bool IsKnown { get; set; }
        public double Value { get; set; }
        public double Scale { get; set; }
        public double[] Features { get; } = new double[Width];
        public double[] Forecasts { get; } = new double[horizons];
    }
}
