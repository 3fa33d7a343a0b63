using Realtime.Cells;
using Realtime.Daemon.Hosting;
using Realtime.Training;
using Xunit.Abstractions;

namespace Realtime.Daemon.Tests.Models;

/// <summary>The built-in model on real series it was not trained on, one tick at a time.</summary>
public sealed class DefaultModelTests(ITestOutputHelper output)
{
    // A stream's statistics have settled somewhat by then.
    private const int Unscored = 100;

    [Fact]
    public void ReadBuiltIn_IsAGruOfOneValueWithEightHorizons()
    {
        var model = ModelLoading.ReadBuiltIn();

        Assert.Equal("default", model.Name);
        Assert.Equal(["value"], model.Inputs);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], model.Forecast.Horizons);
        Assert.Equal(NormalisationKind.Running, model.Normalisation.Kind);
        Assert.Equal(32, Assert.IsType<GruLayer>(model.Layers[0]).Hidden);
    }

    [DataFact("nab")]
    public void Horizon1_BesidePersistence_OnEveryRealSeries()
    {
        var model = ModelLoading.ReadBuiltIn();
        var files = Directory.GetFiles(Repository.DataPath("nab"), "*.csv", SearchOption.AllDirectories)
            .Where(static file => new FileInfo(file).Directory!.Name.StartsWith("real", StringComparison.Ordinal))
            .Order().ToArray();
        Assert.NotEmpty(files);

        output.WriteLine($"# built-in model, horizon 1, after {Unscored} ticks");
        output.WriteLine($"{"series",-44} {"MSE",12} {"persistence",12} {"ratio",7}");
        var ratios = new List<double>();
        foreach (var file in files)
        {
            var error = Backtest(model, file);
            var (mse, persistence) = (error.Forecast[0].Mse, error.Persistence[0].Mse);
            ratios.Add(mse / persistence);
            output.WriteLine(
                $"{Path.GetFileNameWithoutExtension(file),-44} {mse,12:g5} {persistence,12:g5} {ratios[^1],7:f3}");
            Assert.True(double.IsFinite(mse), file);
        }

        ratios.Sort();
        output.WriteLine(
            $"better on {ratios.Count(static ratio => ratio < 1)} of {ratios.Count}, median ratio "
            + $"{ratios[ratios.Count / 2]:f3}, worst {ratios[^1]:f3}");
        // It need not win everywhere; a model that lost its way would be far off.
        Assert.True(ratios[ratios.Count / 2] < 1, "worse than persistence on half of the series");
    }

    private static ForecastError Backtest(Model model, string file)
    {
        using var engine = new CpuEngine(model);
        engine.Grow(1);
        var preprocessor = new Preprocessor(model);
        var memory = new double[preprocessor.MemoryDoubles];
        preprocessor.Clear(memory);
        var x = new float[1];
        var y = new float[model.OutputCount];
        var prediction = new double[model.PredictionCount];
        var error = new ForecastError(model.Forecast.Horizons, 1);
        using var reader = CsvReader.Open(file, new CsvFormat());
        var value = reader.Find("value");
        for (var tick = 0; reader.Read(); tick++)
        {
            var actual = reader.Number(value);
            error.Observe([actual], tick >= Unscored);
            preprocessor.Prepare([actual], memory, x);
            engine.Step([0], x, y);
            preprocessor.Finish(y, memory, prediction);
            error.Hold(prediction);
        }

        return error;
    }
}
