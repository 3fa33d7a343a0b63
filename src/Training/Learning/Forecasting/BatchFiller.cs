namespace Realtime.Training.Learning.Forecasting;

/// <summary>Puts windows of series into a batch: targets are [horizon][output], as in a model's forecast.</summary>
internal sealed class BatchFiller(IReadOnlyList<ScaledSeries> series, ForecastTraining training, int[] outputs)
{
    public Batch Make(int inputs) =>
        new(training.Rows, training.Window, inputs, training.Horizons.Count * outputs.Length);

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
            var targets = batch.TargetsAt(step, row);
            for (var h = 0; h < training.Horizons.Count; h++)
            {
                var target = at + (long)training.Horizons[h];
                for (var i = 0; target < window.TargetEnd && i < outputs.Length; i++)
                {
                    targets[h * outputs.Length + i] = one.Values((int)target)[outputs[i]];
                }
            }
        }
    }
}
