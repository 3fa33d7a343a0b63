using Realtime.Cells;
using Realtime.Cells.Adaptive;
using Realtime.Daemon.Configuration;
using Realtime.Daemon.Hosting;
using Realtime.Training;
using Xunit.Abstractions;

namespace Realtime.Daemon.Tests.Models;

/// <summary>
/// The built-in model with all that a stream learns, on real series it was not trained on, one tick at a time.
/// </summary>
public sealed class DefaultModelTests(ITestOutputHelper output)
{
    // A stream's statistics have settled somewhat by then.
    private const int Unscored = 100;

    // Kernels are to agree to the fifth digit, also where they approximate tanh.
    private const double LargestWeight = 6;

    [Fact]
    public void ReadBuiltIn_IsAGruOfOneValueWithEightHorizons()
    {
        var model = ModelLoading.ReadBuiltIn();

        Assert.Equal("default", model.Name);
        Assert.Equal(["value"], model.Inputs);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], model.Forecast.Horizons);
        Assert.Equal((NormalisationKind.Running, 5.0), (model.Normalisation.Kind, model.Normalisation.Clip));
        Assert.Equal(ForecastTarget.Difference, model.Forecast.Target);
        Assert.Equal([new DifferenceFeature("value"), new HourFeature(3, Network: false)], model.Features);
        Assert.Equal(new AdaptOptions(0.9998, 1, WithInputs: true), model.Adapt);
        Assert.Equal([0.8, 0.95], model.Intervals);
        Assert.True(model.Score);
        Assert.Equal(32, Assert.IsType<GruLayer>(model.Layers[0]).Hidden);
    }

    [Fact]
    public void ReadBuiltIn_WeightsAreSmall()
    {
        foreach (var tensor in ModelLoading.ReadBuiltIn().Layers.SelectMany(static layer => layer.Tensors))
            Assert.All(tensor.Values.ToArray(), value => Assert.InRange(Math.Abs(value), 0, LargestWeight));
    }

    [Fact]
    public void LoadAll_WithoutModels_ServesOneToEightValues()
    {
        var models = ModelLoading.LoadAll(new RealtimeOptions());

        Assert.Equal(Enumerable.Range(1, 8), models.Select(static loaded => loaded.Model.Inputs.Count));
        Assert.Equal(
            ["default", "default-2", "default-3"], models.Take(3).Select(static loaded => loaded.Options.Name));
        Assert.Single(models.Select(static loaded => loaded.Model.Digest).Distinct());
        Assert.All(models, static loaded => Assert.Equal(["*"], loaded.Options.Streams));
    }

    [DataFact("nab")]
    public void Forecasts_BesidePersistence_OnEveryRealSeries()
    {
        var files = Directory.GetFiles(Repository.DataPath("nab"), "*.csv", SearchOption.AllDirectories)
            .Where(static file => new FileInfo(file).Directory!.Name.StartsWith("real", StringComparison.Ordinal))
            .Order().ToArray();
        Assert.NotEmpty(files);
        output.WriteLine($"# built-in model, MSE over persistence's after {Unscored} ticks");
        output.WriteLine($"{"series",-44} {"h=1",7} {"h=8",7}");
        var (next, eighth) = (new List<double>(), new List<double>());
        foreach (var file in files)
        {
            var error = Backtest(ReadNab(file));
            next.Add(Ratio(error, 0));
            eighth.Add(Ratio(error, 7));
            output.WriteLine($"{Path.GetFileNameWithoutExtension(file),-44} {next[^1],7:f3} {eighth[^1],7:f3}");
        }

        var (better1, median1, worst1) = Summarise(next);
        var (better8, median8, _) = Summarise(eighth);
        Assert.True(better1 >= 0.92 && median1 <= 0.75 && worst1 <= 1.05, $"{better1:p0}, {median1:f3}, {worst1:f3}");
        Assert.True(better8 >= 0.95 && median8 <= 0.68, $"{better8:p0}, {median8:f3}");
    }

    [Fact]
    public void Forecasts_OfRandomWalks_CostNextToNothing()
    {
        var ratios = new List<double>();
        for (var seed = 0; seed < 30; seed++)
            ratios.Add(Ratio(Backtest(Walk(new Random(seed), heavyTailed: seed % 2 == 1)), 0));

        output.WriteLine($"random walks, horizon 1: mean ratio {ratios.Average():f5}, worst {ratios.Max():f5}");
        Assert.True(ratios.Average() <= 1.005, $"{ratios.Average():f5}");
    }

    private static double Ratio(ForecastError error, int horizon)
    {
        var ratio = error.Forecast[horizon].Mse / error.Persistence[horizon].Mse;
        Assert.True(double.IsFinite(ratio));
        return ratio;
    }

    private (double Better, double Median, double Worst) Summarise(List<double> ratios)
    {
        var sorted = ratios.Order().ToArray();
        var better = sorted.Count(static ratio => ratio < 1);
        output.WriteLine(
            $"better on {better} of {sorted.Length}, median {sorted[sorted.Length / 2]:f3}, geometric mean "
            + $"{Math.Exp(sorted.Average(Math.Log)):f3}, worst {sorted[^1]:f3}");
        return ((double)better / sorted.Length, sorted[sorted.Length / 2], sorted[^1]);
    }

    private static IEnumerable<(long Time, double Value)> ReadNab(string file)
    {
        using var reader = CsvReader.Open(file, new CsvFormat());
        var (time, value) = (reader.Find("timestamp"), reader.Find("value"));
        while (reader.Read())
            yield return (reader.Time(time), reader.Number(value));
    }

    // Steps are normal, or have Student's distribution of 3 degrees of freedom.
    private static IEnumerable<(long Time, double Value)> Walk(Random random, bool heavyTailed)
    {
        var value = 0.0;
        for (var tick = 0; tick < 5000; tick++)
        {
            var step = Normal(random);
            if (heavyTailed)
            {
                var (a, b, c) = (Normal(random), Normal(random), Normal(random));
                step /= Math.Sqrt((a * a + b * b + c * c) / 3);
            }

            value += step;
            yield return (Preprocessor.NoTime, value);
        }
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static ForecastError Backtest(IEnumerable<(long Time, double Value)> series)
    {
        var model = ModelLoading.ReadBuiltIn();
        using var engine = new CpuEngine(model);
        engine.Grow(1);
        var preprocessor = new Preprocessor(model);
        var online = new OnlineForecaster(model, preprocessor);
        var memory = new double[preprocessor.MemoryDoubles];
        var learnt = new byte[online.MemoryBytes];
        preprocessor.Clear(memory);
        online.Clear(learnt);
        var (x, extra) = (new float[model.NetworkInputCount], new float[model.ExtraCount]);
        var (y, hidden) = (new float[model.OutputCount], new float[model.TopCount]);
        var prediction = new double[model.PredictionCount];
        var means = new double[model.Forecast.Horizons.Length];
        var error = new ForecastError(model.Forecast.Horizons, 1);
        ulong seq = 0;
        foreach (var (time, value) in series)
        {
            error.Observe([value], seq >= Unscored);
            online.Settle(++seq, [value], memory, learnt);
            preprocessor.Prepare([value], time, memory, x, extra);
            engine.Step([0], x, y);
            engine.ReadTop([0], hidden);
            online.Finish(seq, x, extra, hidden, y, memory, learnt, prediction);
            for (var horizon = 0; horizon < means.Length; horizon++)
                means[horizon] = prediction[horizon * (1 + model.PublishedQuantiles.Count)];
            error.Hold(means);
        }

        return error;
    }
}
