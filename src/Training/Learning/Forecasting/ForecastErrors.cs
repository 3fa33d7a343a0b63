namespace Realtime.Training.Learning.Forecasting;

/// <summary>The model's errors beside those of simple forecasts, on the same rows.</summary>
internal sealed class ForecastErrors(IReadOnlyList<ScaledSeries> series, ForecastTraining training, int outputs)
{
    private readonly ErrorSums[] _model = new ErrorSums[training.Horizons.Count];
    private readonly ErrorSums[] _persistence = new ErrorSums[training.Horizons.Count];
    private readonly ErrorSums[] _seasonal = new ErrorSums[training.Horizons.Count];
    private readonly ErrorSums[] _constant = new ErrorSums[training.Horizons.Count];

    public IReadOnlyList<HorizonErrors> ByHorizon => [.. training.Horizons.Select((horizon, i) =>
        new HorizonErrors(horizon, _model[i], _persistence[i], _seasonal[i], _constant[i]))];

    /// <summary>The class that the rows learnt from have most.</summary>
    public float MostFrequent { get; init; }

    /// <summary>Scores a window that the judge has just gone through in a row of a batch.</summary>
    public void Add(Window window, Batch batch, int row, Learner judge, int outputsPerTarget)
    {
        var one = series[window.Series];
        for (var at = window.ScoreFrom; at < window.End; at++)
        {
            var targets = batch.TargetsAt(at - window.Start, row);
            var said = judge.OutputsAt(at - window.Start, row);
            for (var i = 0; i < targets.Length; i++)
            {
                if (float.IsNaN(targets[i]))
                {
                    continue;
                }
                if (training.Classes.Count > 0)
                {
                    AddClass(one, at, (int)targets[i], said);
                    continue;
                }
                int h = i / outputs, output = i % outputs, lead = training.LeadOf(h);
                double actual = one.Value(at + lead, output);
                _model[h].Add(one.Forecast(at, lead, output, training.Target, said[i * outputsPerTarget]) - actual);
                _constant[h].Add(-actual);
                AddNaive(h, one, at, output, actual);
            }
        }
    }

    private void AddClass(ScaledSeries one, int at, int actual, ReadOnlySpan<float> said)
    {
        _model[0].Add(ClassOf(said) == actual ? 0 : 1);
        _constant[0].Add(MostFrequent == actual ? 0 : 1);
        if (at > 0)
        {
            _persistence[0].Add(one.Last(at - 1, 0) == actual ? 0 : 1);
        }
    }

    // Cross-entropies leave the head its sums: of one sum, that of the second class, 0 is the border.
    private static int ClassOf(ReadOnlySpan<float> said)
    {
        if (said.Length == 1)
        {
            return said[0] > 0 ? 1 : 0;
        }
        var best = 0;
        for (var i = 1; i < said.Length; i++)
        {
            best = said[i] > said[best] ? i : best;
        }
        return best;
    }

    // Without them where the target's own row is the present one: what it was is what is to be found out.
    private void AddNaive(int h, ScaledSeries one, int at, int output, double actual)
    {
        var lead = training.LeadOf(h);
        if (lead == 0)
        {
            return;
        }
        _persistence[h].Add(one.Last(at, output) - actual);
        if (training.Season is not { } season)
        {
            return;
        }
        // The last value of the target's season that is known at the time.
        var seasons = (lead + season - 1) / season;
        var before = at + (long)lead - (long)seasons * season;
        if (before >= 0)
        {
            _seasonal[h].Add(one.Last((int)before, output) - actual);
        }
    }
}
