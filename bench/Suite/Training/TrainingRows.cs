using Realtime.Training;
using Realtime.Training.Learning;
using Realtime.Training.Learning.Forecasting;

namespace Realtime.Bench.Suite.Training;

/// <summary>
/// Windows over weather rows, as both programs are given them: every column less its mean, over its deviation; the next
/// row is the target. Where the recording is not on this machine, waves of the same size stand in.
/// </summary>
internal sealed class TrainingRows
{
    public const int Columns = 12, Window = 128, WarmUp = 16, BatchRows = 16;
    private const int SyntheticRows = 35_064;

    private readonly double[] _values;

    private TrainingRows(double[] values, string name) => (_values, Name) = (values, name);

    /// <summary>What they are.</summary>
    public string Name { get; }

    public static TrainingRows Find()
    {
        var folder = Environment.GetEnvironmentVariable("REALTIME_DATA") ?? "../shared/data";
        var path = Path.Combine(folder, "wth", "WTH.csv");
        return File.Exists(path)
            ? new(RecordedSeries.Read(path, new CsvFormat(), SeriesColumns.Detect(path, new CsvFormat()))[0].Values,
                "weather rows (WTH)")
            : new(Synthetic(), $"synthetic rows, as there is no {path}");
    }

    /// <summary>Whole windows only, so that every step of every batch counts on both sides.</summary>
    public IReadOnlyList<Batch> Batches()
    {
        var scaled = Scaled();
        var windows = (scaled.Length / Columns - Window - 1) / (Window - WarmUp);
        var batches = new List<Batch>();
        for (var first = 0; first + BatchRows <= windows; first += BatchRows)
        {
            var batch = new Batch(BatchRows, Window, Columns, Columns);
            for (var row = 0; row < BatchRows; row++)
            {
                for (var step = 0; step < Window; step++)
                {
                    var at = (first + row) * (Window - WarmUp) + step;
                    scaled.AsSpan(at * Columns, Columns).CopyTo(batch.InputsAt(step, row));
                    scaled.AsSpan((at + 1) * Columns, Columns).CopyTo(batch.TargetsAt(step, row));
                }
            }

            batches.Add(batch);
        }

        return batches;
    }

    private float[] Scaled()
    {
        var scaled = new float[_values.Length];
        for (var column = 0; column < Columns; column++)
        {
            double[] values = [.. Enumerable.Range(0, _values.Length / Columns)
                .Select(row => _values[row * Columns + column])];
            var mean = values.Average();
            var std = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
            for (var row = 0; row < values.Length; row++)
                scaled[row * Columns + column] = (float)((values[row] - mean) / std);
        }

        return scaled;
    }

    private static double[] Synthetic() => [.. Enumerable.Range(0, SyntheticRows * Columns).Select(
        static i => Math.Sin(i / Columns * (0.05 + 0.02 * (i % Columns))) + 0.3 * Math.Sin(i * 12.9898 % 6.28))];
}
