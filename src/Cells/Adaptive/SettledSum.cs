namespace Realtime.Cells.Adaptive;

/// <summary>
/// What a tick said of several inputs that learn by themselves: the highest score, the mean errors, all judgements.
/// </summary>
internal struct SettledSum
{
    private double _score = double.NaN;
    private double _error;
    private double _persistence;
    private int _errors;
    private int _judged;
    private IntervalHits _hits;

    public SettledSum()
    {
    }

    public readonly Settled Result => new(
        _score, _errors == 0 ? double.NaN : _error / _errors, _errors == 0 ? double.NaN : _persistence / _errors,
        _judged, _hits);

    public void Add(in Settled one)
    {
        if (!(one.Score <= _score)) _score = double.IsNaN(one.Score) ? _score : one.Score;
        if (double.IsFinite(one.AbsoluteError) && double.IsFinite(one.Persistence))
        {
            _error += one.AbsoluteError;
            _persistence += one.Persistence;
            _errors++;
        }

        _judged += one.Judged;
        for (int level = 0; level < IntervalHits.MaxLevels; level++) _hits[level] += one.Hits[level];
    }
}
