namespace Realtime.Training.Learning.Forecasting;

/// <summary>Puts windows of series into a batch: targets are [horizon][output], as in a model's forecast.</summary>
internal sealed class BatchFiller(IReadOnlyList<ScaledSeries> series, ForecastTraining training, SeriesLayout layout)
{
    public Batch Make() =>
        new(training.Rows, training.Window, series[0].Width, training.Horizons.Count * layout.Outputs.Count);

    public void Fill(Batch batch, Window?[] windows)
    {
        batch.Inputs.AsSpan().Clear();
        batch.Targets.AsSpan().Fill(float.NaN);
        for (var row = 0; row < windows.Length; row++)
        {
            batch.Resets[row] = windows[row] is { Begins: true };
            if (windows[row] is { } window)
            {
                Fill(batch, row, window);
            }
        }
    }

    private void Fill(Batch batch, int row, Window window)
    {
        var one = series[window.Series];
        for (var at = window.Start; at < window.End; at++)
        {
            var step = at - window.Start;
            one.Inputs(at).CopyTo(batch.InputsAt(step, row));
            if (at < window.ScoreFrom)
            {
                continue;
            }
            var outputs = layout.Outputs.Count;
            var targets = batch.TargetsAt(step, row);
            for (var h = 0; h < training.Horizons.Count; h++)
            {
                var lead = training.LeadOf(h);
                for (var i = 0; at + (long)lead < window.TargetEnd && i < outputs; i++)
                {
                    targets[h * outputs + i] = one.Target(at, lead, i, training.Target);
                }
            }
        }
    }
}
