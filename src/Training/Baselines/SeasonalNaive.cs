namespace Realtime.Training.Baselines;

/// <summary>
/// The newest value that lies whole seasons before the one to be forecast; the last value seen where that one is
/// missing or the series is not so old.
/// </summary>
public sealed class SeasonalNaive : Baseline
{
    private readonly int _season;
    private readonly double[] _values;
    private long _tick = -1;

    /// <param name="horizons">Ticks ahead, ascending, from 1.</param>
    /// <param name="season">Ticks of a season.</param>
    public SeasonalNaive(IReadOnlyList<int> horizons, int season)
        : base(horizons)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(season, 1);
        _season = season;
        _values = new double[season];
        Array.Fill(_values, double.NaN);
    }

    protected override void Observe(double value) => _values[++_tick % _season] = value;

    protected override void Forecast(Span<double> forecast)
    {
        for (var i = 0; i < forecast.Length; i++)
        {
            // The target's place in the season: the newest value there is less than a season old.
            var value = _values[(_tick + Horizons[i]) % _season];
            forecast[i] = double.IsNaN(value) ? Last : value;
        }
    }
}
