namespace Realtime.Training.Learning.Forecasting;

/// <summary>The model's errors beside those of persistence and seasonal naive, on the same rows.</summary>
internal sealed class ForecastErrors(
    IReadOnlyList<ScaledSeries> series, ForecastTraining training, int[] outputs)
{
    private readonly ErrorSums[] _model = new ErrorSums[training.Horizons.Count];
    private readonly ErrorSums[] _persistence = new ErrorSums[training.Horizons.Count];
    private readonly ErrorSums[] _seasonal = new ErrorSums[training.Horizons.Count];

    public IReadOnlyList<HorizonErrors> ByHorizon => [.. training.Horizons.Select((horizon, i) =>
        new HorizonErrors(horizon, _model[i], _persistence[i], _seasonal[i]))];

    /// <summary>Scores a window that the judge has just gone through in a row of a batch.</summary>
    public void Add(Window window, Batch batch, int row, Learner judge, int outputsPerTarget)
    {
        var one = series[window.Series];
        for (var at = window.ScoreFrom; at < window.End; at++)
        {
            var targets = batch.TargetsAt(at - window.Start, row);
            var forecast = judge.OutputsAt(at - window.Start, row);
            for (var i = 0; i < targets.Length; i++)
            {
                if (float.IsNaN(targets[i]))
                {
                    continue;
                }
                int h = i / outputs.Length, output = outputs[i % outputs.Length];
                _model[h].Add((double)forecast[i * outputsPerTarget] - targets[i]);
                // A missing value is the last one seen here.
                _persistence[h].Add((double)one.Inputs(at)[output] - targets[i]);
                AddSeasonal(h, one, at, output, targets[i]);
            }
        }
    }

    // The last value of the target's season that is known at the time.
    private void AddSeasonal(int h, ScaledSeries one, int at, int output, float target)
    {
        if (training.Season is not { } season)
        {
            return;
        }
        var seasons = (training.Horizons[h] + season - 1) / season;
        var before = at + (long)training.Horizons[h] - (long)seasons * season;
        if (before >= 0)
        {
            _seasonal[h].Add((double)one.Inputs((int)before)[output] - target);
        }
    }
}
