namespace Realtime.Training.Evaluation;

/// <summary>The mean absolute difference between values a lag apart: what MASE divides by.</summary>
internal sealed class NaiveErrors(int lag)
{
    private readonly double[] _values = new double[lag];
    private long _tick;
    private double _sum;
    private long _count;

    public double Mean => _count == 0 ? double.NaN : _sum / _count;

    /// <param name="value">The next value; NaN where missing.</param>
    /// <param name="counts">False only remembers it.</param>
    public void Add(double value, bool counts)
    {
        ref var place = ref _values[_tick % lag];
        var difference = Math.Abs(value - place);
        if (counts && _tick >= lag && !double.IsNaN(difference))
        {
            _sum += difference;
            _count++;
        }
        place = value;
        _tick++;
    }
}
