namespace Realtime.Daemon.Commands;

/// <summary>The last values of a stream, drawn as a line of bars.</summary>
internal sealed class Sparkline
{
    public const int Length = 16;

    private const string Bars = "▁▂▃▄▅▆▇█";

    private readonly double[] _values = new double[Length];
    private long _count;

    public void Add(double value) => _values[_count++ % Length] = value;

    /// <summary>Oldest first, from the least value to the greatest; a missing one is a blank.</summary>
    public override string ToString()
    {
        var (least, most) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (var value in _values.AsSpan(0, (int)Math.Min(_count, Length)))
        {
            if (double.IsFinite(value))
                (least, most) = (Math.Min(least, value), Math.Max(most, value));
        }

        Span<char> bars = stackalloc char[Length];
        bars.Fill(' ');
        var from = Math.Max(0, _count - Length);
        for (var i = from; i < _count; i++)
        {
            var value = _values[i % Length];
            if (double.IsFinite(value))
                bars[(int)(i - from)] = Bars[LevelOf(value, least, most)];
        }

        return bars.ToString();
    }

    private static int LevelOf(double value, double least, double most) =>
        most > least ? (int)Math.Round((value - least) / (most - least) * (Bars.Length - 1)) : 0;
}
