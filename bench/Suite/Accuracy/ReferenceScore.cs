namespace Realtime.Bench.Suite.Accuracy;

/// <summary>
/// An anomaly score of a stream's residuals, of the kind that research for this project settled on, in its plainest
/// form: the last 5,000 residuals are kept. As a control it takes the size of a change for the residual, with no model.
/// </summary>
/// <remarks>
/// r is the size of the residual, u the 98% quantile of the last 5,000. Below u the tail probability is 1 − rank; above
/// it 0.02 (r/u)^(−1/g), where g is Hill's mean of log(r/u) over the residuals above u, at least 0.05, with a prior of
/// five of 0.25. The score is −log10(p)/10, at most 1. One that is not above those of the last 200 ticks is halved; a
/// value outside the range of all before it, by more than 5% of that range, scores at least 0.8.
/// </remarks>
internal sealed class ReferenceScore
{
    private const int Kept = 5000;
    private const int Least = 50;
    private const double TailShare = 0.02;
    private const double LeastHill = 0.05;
    private const double PriorHill = 0.25;
    private const int PriorCount = 5;
    private const int OnsetTicks = 200;
    private const double Novel = 0.8;
    private const double NovelBy = 0.05;

    private readonly Queue<double> _residuals = new();
    private readonly List<double> _sorted = [];
    private readonly Queue<double> _recent = new();
    private double _low = double.PositiveInfinity;
    private double _high = double.NegativeInfinity;

    /// <summary>The score of a tick.</summary>
    /// <param name="value">Its value.</param>
    /// <param name="residual">What it was off by.</param>
    public double Next(double value, double residual)
    {
        var raw = _sorted.Count < Least ? 0 : Math.Clamp(-Math.Log10(Tail(Math.Abs(residual))) / 10, 0, 1);
        var score = raw > _recent.DefaultIfEmpty(0).Max() ? raw : raw / 2;
        Keep(Math.Abs(residual));
        _recent.Enqueue(raw);
        if (_recent.Count > OnsetTicks)
            _recent.Dequeue();
        var room = NovelBy * (_high - _low);
        if (_sorted.Count > Least && (value > _high + room || value < _low - room))
            score = Math.Max(score, Novel);
        (_low, _high) = (Math.Min(_low, value), Math.Max(_high, value));
        return score;
    }

    private double Tail(double size)
    {
        var at = Math.Min(_sorted.Count - 1, (int)((1 - TailShare) * _sorted.Count));
        var edge = _sorted[at];
        if (size <= edge || edge <= 0)
        {
            // Where most residuals are 0 the first that is not is as rare as one of all.
            var below = _sorted.BinarySearch(size);
            below = below < 0 ? ~below : below;
            return Math.Max(1 - (double)below / _sorted.Count, 1.0 / _sorted.Count);
        }

        var logarithms = PriorCount * PriorHill;
        for (var i = at; i < _sorted.Count; i++)
            logarithms += Math.Log(_sorted[i] / edge);
        var hill = Math.Max(LeastHill, logarithms / (_sorted.Count - at + PriorCount));
        return TailShare * Math.Pow(size / edge, -1 / hill);
    }

    private void Keep(double size)
    {
        Insert(size);
        _residuals.Enqueue(size);
        if (_residuals.Count > Kept)
            _sorted.RemoveAt(_sorted.BinarySearch(_residuals.Dequeue()));
    }

    private void Insert(double size)
    {
        var at = _sorted.BinarySearch(size);
        _sorted.Insert(at < 0 ? ~at : at, size);
    }
}
