namespace Realtime.Training.Learning.Forecasting;

/// <summary>Which windows make an epoch, batch by batch; null is an empty row of a batch.</summary>
internal sealed class WindowPlan(IReadOnlyList<ScaledSeries> series, ForecastTraining training)
{
    /// <summary>
    /// Windows that begin at zero: they overlap by the warm-up, so that every row counts once; where the first one
    /// begins, and their order, are drawn anew in each epoch.
    /// </summary>
    public IEnumerable<Window?[]> Shuffled(SplitMix64 random)
    {
        var windows = new List<Window>();
        var stride = training.Window - training.WarmUp;
        for (var i = 0; i < series.Count; i++)
        {
            var end = series[i].TrainRows;
            var first = training.TakesWholeSeries ? 0 : random.Below(stride) - stride + 1;
            for (var start = first; start + (start > 0 ? training.WarmUp : 0) < end; start += stride)
            {
                var from = Math.Max(start, 0);
                windows.Add(new(i, from, Math.Min(start + training.Window, end),
                    from == 0 ? 0 : from + training.WarmUp, end));
            }
        }
        random.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(windows));
        return Batches(windows);
    }

    /// <summary>
    /// Windows that go on where the one before in the same row ended: every series is cut into pieces, and a row goes
    /// through the pieces that fall to it, the longest first, always to the row that has least.
    /// </summary>
    public IEnumerable<Window?[]> Carried()
    {
        var total = series.Sum(one => (long)one.TrainRows);
        var longest = (int)Math.Max(training.Window, (total + training.Rows - 1) / training.Rows);
        var pieces = new List<(int Series, int Start, int End)>();
        for (var i = 0; i < series.Count; i++)
        {
            for (var start = 0; start < series[i].TrainRows; start += longest)
            {
                pieces.Add((i, start, Math.Min(start + longest, series[i].TrainRows)));
            }
        }
        var rows = Enumerable.Range(0, training.Rows).Select(_ => new List<Window?>()).ToArray();
        foreach (var piece in pieces.OrderByDescending(piece => piece.End - piece.Start))
        {
            var row = rows.MinBy(windows => windows.Count)!;
            for (var start = piece.Start; start < piece.End; start += training.Window)
            {
                var from = start == piece.Start && start > 0 ? start + training.WarmUp : start;
                row.Add(new(piece.Series, start, Math.Min(start + training.Window, piece.End), from,
                    series[piece.Series].TrainRows, start == piece.Start));
            }
        }
        for (var at = 0; at < rows.Max(row => row.Count); at++)
        {
            yield return [.. rows.Select(row => at < row.Count ? row[at] : null)];
        }
    }

    /// <summary>Windows over the rows that validate, each counted once, with a warm-up before.</summary>
    public IEnumerable<Window?[]> Validation()
    {
        var windows = new List<Window>();
        var stride = training.Window - training.WarmUp;
        for (var i = 0; i < series.Count; i++)
        {
            for (var score = series[i].TrainRows; score < series[i].Rows; score += stride)
            {
                windows.Add(new(i, Math.Max(score - training.WarmUp, 0), Math.Min(score + stride, series[i].Rows),
                    score, series[i].Rows));
            }
        }
        return Batches(windows);
    }

    private IEnumerable<Window?[]> Batches(List<Window> windows)
    {
        for (var at = 0; at < windows.Count; at += training.Rows)
        {
            var batch = new Window?[training.Rows];
            for (var row = 0; row < Math.Min(training.Rows, windows.Count - at); row++)
            {
                batch[row] = windows[at + row];
            }
            yield return batch;
        }
    }
}
