namespace Realtime.Daemon.Backtesting;

/// <summary>Standard deviations of columns over their first rows (of the population, as scalers have it).</summary>
/// <param name="columns">Values per row.</param>
/// <param name="rows">How many rows count.</param>
internal sealed class ColumnScales(int columns, int rows)
{
    private readonly double[] _mean = new double[columns];
    private readonly double[] _squares = new double[columns];
    private readonly int[] _count = new int[columns];
    private int _row;

    /// <summary>1 where a column has no values, or only equal ones.</summary>
    public double[] Deviations => [.. Enumerable.Range(0, columns).Select(i =>
        _squares[i] > 0 ? Math.Sqrt(_squares[i] / _count[i]) : 1)];

    public void Add(ReadOnlySpan<double> values)
    {
        if (_row++ >= rows)
            return;
        for (var i = 0; i < columns; i++)
        {
            if (double.IsNaN(values[i]))
                continue;
            var deviation = values[i] - _mean[i];
            _mean[i] += deviation / ++_count[i];
            _squares[i] += deviation * (values[i] - _mean[i]);
        }
    }
}
