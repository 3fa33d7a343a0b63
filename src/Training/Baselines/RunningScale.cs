namespace Realtime.Training.Baselines;

/// <summary>
/// Exponentially weighted mean and variance of a series and the scale of its steps, half-life 300 values: what the
/// features and targets of <see cref="OnlineLinear"/> are divided by.
/// </summary>
internal sealed class RunningScale
{
    private const double HalfLife = 300;
    private static readonly double LeastRate = 1 - Math.Pow(2, -1 / HalfLife);

    private long _values;
    private double _mean;
    private double _variance;
    private double _recentSquare;
    private double _sumOfSquares;
    private double _last = double.NaN;

    /// <summary>Takes in a value; returns what it is above the one before it, 0 for the first.</summary>
    public double Add(double value)
    {
        var rate = Math.Max(LeastRate, 1.0 / ++_values);
        var deviation = value - _mean;
        _mean += rate * deviation;
        _variance = (1 - rate) * (_variance + rate * deviation * deviation);
        var change = _values == 1 ? 0 : value - _last;
        _last = value;
        if (_values == 1)
        {
            return 0;
        }
        _recentSquare += Math.Max(LeastRate, 1.0 / (_values - 1)) * (change * change - _recentSquare);
        _sumOfSquares += change * change;
        return change;
    }

    /// <summary>The size of a step.</summary>
    public double Step
    {
        get
        {
            var ever = _values < 2 ? 0 : _sumOfSquares / (_values - 1);
            return Math.Max(
                Math.Max(Math.Sqrt(_recentSquare), 0.1 * Math.Sqrt(ever)), 1e-9 * (Math.Abs(_mean) + 1e-3));
        }
    }

    /// <summary>The last value in standard deviations from the mean.</summary>
    public double Standing => _variance > 0 ? (_last - _mean) / Math.Sqrt(_variance) : 0;
}
