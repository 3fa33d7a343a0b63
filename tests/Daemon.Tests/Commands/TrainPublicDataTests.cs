using System.Globalization;
using Realtime.Cells;
using Realtime.Cells.Adaptive;
using Realtime.Training;
using Realtime.Training.Learning.Forecasting;

namespace Realtime.Daemon.Tests.Commands;

/// <summary><c>realtimed train</c> as one would call it, on recorded data, against published numbers.</summary>
public sealed class TrainPublicDataTests : IDisposable
{
    private const double OneNetOnWth = 0.156;

    private readonly string _folder = Directory.CreateTempSubdirectory("realtimed-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // Twenty engines that nothing was learnt from, each cut off at random, as the official test set is: 7 to 145 cycles
    // before its end.
    [DataFact("cmapss")]
    public async Task RemainingLifeOfEngines_IsToldWithinFifteenCycles()
    {
        var lines = File.ReadAllLines(Repository.DataPath("cmapss/train_FD001.txt"));
        var (random, errors) = (new Random(7), new ErrorSums());
        var heldOut = Enumerable.Range(1, 100).OrderBy(_ => random.Next()).Take(20).ToHashSet();
        bool IsHeldOut(string line) => heldOut.Contains(int.Parse(line.Split(' ')[0], CultureInfo.InvariantCulture));
        var (data, model) = (Path.Combine(_folder, "train.txt"), Path.Combine(_folder, "m.safetensors"));
        File.WriteAllLines(data, lines.Where(line => !IsHeldOut(line)));
        await CommandLine.RunWellAsync("train", "--data", data, "--delimiter", "space", "--no-header",
            "--group", "c1", "--target", "remaining", "--cap", "125", "--out", model);
        var test = Path.Combine(_folder, "test.txt");
        File.WriteAllLines(test, lines.Where(IsHeldOut));
        var trained = Model.Load(model);
        foreach (var engine in RecordedSeries.Read(test, new CsvFormat(CsvFormat.Blanks, HasHeader: false),
            new SeriesColumns(trained.Inputs, Group: "c1")))
        {
            var forecasts = Step(trained, engine);
            for (var cut = 0; cut < 20; cut++)
            {
                var left = random.Next(7, 146);
                if (engine.Rows - left > 30)
                    errors.Add(forecasts[engine.Rows - 1 - left][0] - left);
            }
        }

        Assert.True(errors.Rmse <= 14.9, $"RMSE {errors.Rmse}");
    }

    // The online protocol of FSNet and OneNet: the first 20% of the rows are learnt from, 5% validate, the rest is
    // forecast one row ahead, scaled by the first 20%.
    [DataFact("wth")]
    public async Task WeatherOnline_IsForecastBetterThanPublished()
    {
        const int Train = 7_012, Test = 8_766;
        var (data, path) = (Repository.DataPath("wth/WTH.csv"), Path.Combine(_folder, "wth.safetensors"));
        await CommandLine.RunWellAsync("train", "--data", data, "--rows", "8765", "--horizons", "1", "--out", path);
        var model = Model.Load(path);
        var series = RecordedSeries.Read(data, new CsvFormat(), new SeriesColumns(model.Inputs, "date"))[0];
        var (forecasts, errors) = (Step(model, series), new ErrorSums());
        for (var i = 0; i < model.Inputs.Count; i++)
        {
            var first = Enumerable.Range(0, Train).Select(row => series.Row(row)[i]).ToArray();
            var mean = first.Average();
            var std = Math.Sqrt(first.Average(value => (value - mean) * (value - mean)));
            for (var row = Test; row < series.Rows; row++)
                errors.Add((forecasts[row - 1][i * (1 + model.PublishedQuantiles.Count)] - series.Row(row)[i]) / std);
        }

        Assert.True(errors.Mse <= 0.150 && errors.Mse < OneNetOnWth, $"MSE {errors.Mse}");
    }

    // As the daemon does, from the first row on.
    private static double[][] Step(Model model, RecordedSeries series)
    {
        using var engine = new CpuEngine(model, Kernels.Auto);
        engine.Grow(1);
        var preprocessor = new Preprocessor(model);
        var forecaster = OnlineForecaster.Wanted(model) ? new OnlineForecaster(model, preprocessor) : null;
        var (memory, learnt) = (new double[preprocessor.MemoryDoubles], new byte[forecaster?.MemoryBytes ?? 0]);
        preprocessor.Clear(memory);
        forecaster?.Clear(learnt);
        float[] x = new float[model.NetworkInputCount], extra = new float[model.ExtraCount];
        float[] hidden = new float[model.TopRecurrent!.Hidden], y = new float[model.OutputCount];
        return [.. Enumerable.Range(0, series.Rows).Select(row =>
        {
            var (prediction, seq) = (new double[model.PredictionCount], (ulong)row + 1);
            forecaster?.Settle(seq, series.Row(row), memory, learnt);
            preprocessor.Prepare(series.Row(row), series.Times?[row] ?? Preprocessor.NoTime, memory, x, extra);
            engine.Step([0], x, y);
            engine.ReadTop([0], hidden);
            if (forecaster is null)
                preprocessor.Finish(y, memory, prediction);
            else
                forecaster.Finish(seq, x, extra, hidden, y, memory, learnt, prediction);
            return prediction;
        })];
    }
}
