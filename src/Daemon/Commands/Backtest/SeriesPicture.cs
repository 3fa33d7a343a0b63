using Realtime.Training.Evaluation;

namespace Realtime.Daemon.Commands;

/// <summary>What a page shows of one value of a stream at one horizon: its last forecasts, and its errors over time.
/// </summary>
/// <param name="horizon">Which of the horizons.</param>
/// <param name="output">Which of the outputs.</param>
/// <param name="rows">Rows of the series.</param>
/// <param name="intervals">Where the bounds of the intervals stand among the quantiles.</param>
internal sealed class SeriesPicture(
    int horizon, int output, int rows, IReadOnlyList<(double Level, int Low, int High)> intervals)
{
    private const int LastForecasts = 300;
    private const int Parts = 100;

    private readonly Queue<Shown> _last = new();
    private readonly double[][] _errors = [new double[Parts], new double[Parts], new double[Parts]];
    private readonly long[] _counts = new long[Parts];

    private sealed record Shown(long Row, double Actual, double Mean, (double Low, double High)[] Bounds);

    public bool IsEmpty => _last.Count == 0;

    public void Add(in ScoredForecast scored)
    {
        if (scored.Horizon != horizon || scored.Output != output)
            return;
        var forecast = scored.Forecast;
        var bounds = new (double, double)[intervals.Count];
        for (var i = 0; i < bounds.Length; i++)
            bounds[i] = (forecast[1 + intervals[i].Low], forecast[1 + intervals[i].High]);
        _last.Enqueue(new Shown(scored.Row, scored.Actual, forecast[0], bounds));
        if (_last.Count > LastForecasts)
            _last.Dequeue();
        var part = (int)(scored.Row * Parts / rows);
        _counts[part]++;
        _errors[0][part] += Math.Abs(forecast[0] - scored.Actual);
        _errors[1][part] += Math.Abs(scored.Baselines[SeriesScore.Persistence] - scored.Actual);
        _errors[2][part] += Math.Abs(scored.Baselines[SeriesScore.Linear] - scored.Actual);
    }

    /// <summary>The last forecasts beside what came, with their intervals.</summary>
    public SvgChart Forecasts(string title)
    {
        var chart = new SvgChart(title);
        for (var i = intervals.Count - 1; i >= 0; i--)
        {
            var at = i;
            chart.Band($"band{i}", _last.Select(one => ((double)one.Row, one.Bounds[at].Low, one.Bounds[at].High)));
        }

        chart.Line("actual", _last.Select(static one => ((double)one.Row, one.Actual)));
        chart.Line("model", _last.Select(static one => ((double)one.Row, one.Mean)));
        return chart;
    }

    /// <summary>Mean absolute errors over time.</summary>
    public SvgChart Errors(string title)
    {
        var chart = new SvgChart(title);
        chart.Include(0, 0);
        string[] names = ["model", "persistence", "rls"];
        for (var i = names.Length - 1; i >= 0; i--)
        {
            var sums = _errors[i];
            chart.Line(names[i], Enumerable.Range(0, Parts).Where(part => _counts[part] != 0)
                .Select(part => ((part + 0.5) * rows / Parts, sums[part] / _counts[part])));
        }

        return chart;
    }
}
