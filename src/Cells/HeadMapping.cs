namespace Realtime.Cells;

/// <summary>
/// From the head's outputs of one horizon and output to a point forecast and quantiles, where format 2 says that they
/// are differences, or a distribution, or fewer than are published.
/// </summary>
internal sealed class HeadMapping
{
    // As in training, beyond which a variance is not believed.
    private const double LargestLogVariance = 20;

    private readonly double[] _limits;
    private readonly double[] _deviates;
    private readonly int _width;
    private readonly int _horizonStride;
    private readonly int _outputStride;
    private readonly bool _isNormal;
    private readonly bool _hasQuantiles;

    public HeadMapping(Model model)
    {
        Forecast forecast = model.Forecast;
        IsDifference = forecast.Target == ForecastTarget.Difference;
        _isNormal = forecast.Distribution == ForecastDistribution.Normal;
        _hasQuantiles = forecast.Quantiles.Length > 0;
        _limits = Array.ConvertAll(forecast.Horizons,
            horizon => IsDifference ? forecast.Clip * Math.Sqrt(horizon) : double.PositiveInfinity);
        _deviates = _isNormal ? Array.ConvertAll(forecast.Quantiles, NormalQuantile.Of) : [];
        IsPlain = !IsDifference && !_isNormal && model.Intervals.Count == 0 && model.Copies == 1;
        _width = forecast.HeadWidth;
        _horizonStride = model.Copies == 1 ? forecast.Outputs.Length * _width : _width;
        _outputStride = model.Copies == 1 ? _width : forecast.Horizons.Length * _width;
    }

    /// <summary>value = mean + std · y for every number, as in format 1.</summary>
    public bool IsPlain { get; }

    public bool IsDifference { get; }

    /// <summary>The head's numbers of a horizon and an output: [horizon][output], or head behind head.</summary>
    public ReadOnlySpan<float> Of(ReadOnlySpan<float> y, int horizon, int output) =>
        y.Slice(horizon * _horizonStride + output * _outputStride, _width);

    /// <summary>The point forecast in units of the output's scale.</summary>
    public double Point(ReadOnlySpan<float> y, int horizon) => Math.Clamp(y[0], -_limits[horizon], _limits[horizon]);

    /// <param name="y">The head's numbers of this horizon and output.</param>
    /// <param name="horizon">The horizon's place.</param>
    /// <param name="offset">What is added: the output's mean, or its last value.</param>
    /// <param name="scale">What is multiplied by: the output's deviation, or the scale of its differences.</param>
    /// <param name="published">The point and its quantiles. Those of intervals are the point, until a stream knows
    /// better.</param>
    public void Map(ReadOnlySpan<float> y, int horizon, double offset, double scale, Span<double> published)
    {
        double limit = _limits[horizon], point = Point(y, horizon);
        published[0] = offset + scale * point;
        if (_isNormal)
        {
            double sigma = Math.Exp(Math.Clamp(y[1], -LargestLogVariance, LargestLogVariance) / 2);
            for (int i = 0; i < _deviates.Length; i++)
                published[1 + i] = offset + scale * Math.Clamp(y[0] + sigma * _deviates[i], -limit, limit);
        }
        else if (_hasQuantiles)
        {
            for (int i = 1; i < published.Length; i++)
                published[i] = offset + scale * Math.Clamp(y[i], -limit, limit);
        }
        else
        {
            published[1..].Fill(published[0]);
        }
    }
}
