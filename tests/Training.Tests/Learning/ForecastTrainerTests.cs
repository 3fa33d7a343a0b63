using Realtime.Cells;
using Realtime.Training.Learning.Forecasting;
using Realtime.Training.Learning.Optimisers;

namespace Realtime.Training.Tests.Learning;

public sealed class ForecastTrainerTests
{
    private static readonly ForecastTraining Quick = new()
    {
        Hidden = 12, Horizons = [1, 3], Window = 40, WarmUp = 8, Rows = 24, Epochs = 40, Rate = 1e-2, Patience = 40,
    };

    [Theory]
    [InlineData(CellKind.Gru)]
    [InlineData(CellKind.GruResetBefore)]
    [InlineData(CellKind.Lstm)]
    [InlineData(CellKind.RnnTanh)]
    public void Train_ANoisySine_ForecastsItClearlyBetterThanPersistence(CellKind cell)
    {
        using var trainer = new ForecastTrainer(["value"], [Sine(2_000, 0)], Quick with { Cell = cell });
        var result = trainer.Train();
        Assert.All(result.Errors, errors => Assert.True(errors.Model.Mse < 0.5 * errors.Persistence.Mse,
            $"h={errors.Horizon}: {errors.Model.Mse} beside {errors.Persistence.Mse}"));
    }

    [Fact]
    public void Train_AnAutoregression_ComesNearItsNoise()
    {
        // x' = 1.2 x − 0.6 x_before + e: the best forecast's error is e's variance.
        var random = new Random(5);
        var values = new double[4_000];
        for (var i = 2; i < values.Length; i++)
        {
            values[i] = 1.2 * values[i - 1] - 0.6 * values[i - 2] + Normal(random);
        }
        using var trainer = new ForecastTrainer(
            ["value"], [new("ar", 1, values)], Quick with { Horizons = [1], Epochs = 30 });
        var errors = trainer.Train().Errors[0];
        var variance = values.Average(value => value * value);
        Assert.InRange(errors.Model.Mse * variance, 0.85, 1.15);
        Assert.True(errors.Model.Mse < 0.9 * errors.Persistence.Mse);
    }

    [Fact]
    public void Train_WithStateCarried_LearnsToo()
    {
        var training = Quick with { CarriesState = true, Rows = 8, Window = 20 };
        using var trainer = new ForecastTrainer(["value"], [Sine(1_500, 1), Sine(700, 2)], training);
        var errors = trainer.Train().Errors[0];
        Assert.True(errors.Model.Mse < 0.5 * errors.Persistence.Mse, $"{errors}");
    }

    [Fact]
    public void Train_TheSameSeed_GivesTheSameBytesWithAnyNumberOfThreads()
    {
        var training = Quick with
        {
            Epochs = 3, Layers = 2, Dropout = 0.2, RecurrentDropout = 0.1, Rows = 40, Quantiles = [0.1, 0.9],
        };
        var one = FileOf(training);
        Assert.Equal(one, FileOf(training));
        Assert.Equal(one, FileOf(training with { Threads = 2 }));
        Assert.NotEqual(one, FileOf(training with { Seed = 2 }));
    }

    [Fact]
    public void Train_AFile_IsWhatTheEngineStepsToTheSameErrors()
    {
        var series = Sine(1_200, 3);
        using var trainer = new ForecastTrainer(["value"], [series], Quick with { Epochs = 10 });
        var result = trainer.Train();
        var model = Model.Read(result.File, "trained");
        Assert.Equal((NormalisationKind.Fixed, 2), (model.Normalisation.Kind, model.OutputCount));
        var error = new ForecastError([1, 3], 1, model.Normalisation.Std);
        var predictions = Step(model, series);
        for (var row = 0; row < series.Rows; row++)
        {
            error.Observe(series.Row(row), row > 960);
            error.Hold(predictions[row]);
        }
        // The state has seen all before, not a warm-up only, so they are not the same to the last digit.
        Assert.Equal(error.Forecast[0].Mse, result.Errors[0].Model.Mse, 0.05 * error.Forecast[0].Mse);
        Assert.Equal(error.Persistence[0].Mse, result.Errors[0].Persistence.Mse, 0.05 * error.Persistence[0].Mse);
    }

    [Fact]
    public void Train_MissingValues_AreNeitherTargetsNorLastValues()
    {
        var random = new Random(6);
        var values = Sine(2_000, 4).Values.Select(value => random.Next(8) == 0 ? double.NaN : value).ToArray();
        using var trainer = new ForecastTrainer(["value"], [new("gaps", 1, values)], Quick);
        var result = trainer.Train();
        var expected = Enumerable.Range(1600, 399).Count(row => !double.IsNaN(values[row + 1]));
        Assert.Equal(expected, result.Errors[0].Model.Count);
        Assert.True(result.Errors[0].Model.Mse < 0.6 * result.Errors[0].Persistence.Mse);
        Assert.All(result.Epochs, epoch => Assert.True(double.IsFinite(epoch.Loss + epoch.ValidationLoss)));
    }

    [Fact]
    public void Train_SeriesOfUnequalLengthsShorterThanAWindow_LearnsFromAll()
    {
        RecordedSeries[] series = [.. Enumerable.Range(0, 60).Select(i => Sine(20 + i % 25, i))];
        using var trainer = new ForecastTrainer(["value"], series, Quick with { Horizons = [1], WarmUp = 4 });
        var result = trainer.Train();
        var rows = series.Sum(one => Math.Max(0, one.Rows - 1 - (int)Math.Round(one.Rows * 0.8)));
        Assert.Equal(rows, result.Errors[0].Model.Count);
        Assert.True(result.Errors[0].Model.Mse < 0.7 * result.Errors[0].Persistence.Mse);
    }

    [Fact]
    public void Train_ANoise_StopsEarlyAndKeepsTheBestEpoch()
    {
        var random = new Random(7);
        RecordedSeries noise = new("noise", 1, [.. Enumerable.Range(0, 300).Select(_ => Normal(random))]);
        var training = Quick with
        {
            Horizons = [1], Epochs = 400, Patience = 5, Hidden = 32, Schedule = new StepRate(50, 0.5),
        };
        using var trainer = new ForecastTrainer(["value"], [noise], training);
        var result = trainer.Train();
        Assert.InRange(result.Epochs.Count, 6, 399);
        Assert.Equal(result.Epochs.Count - 5, result.BestEpoch);
        var best = result.Epochs[result.BestEpoch - 1].ValidationLoss;
        Assert.Equal(result.Epochs.Min(epoch => epoch.ValidationLoss), best);
        Assert.Equal(best, result.Errors[0].Model.Mse, 1e-5);
    }

    [Fact]
    public void Train_Cancelled_KeepsTheBestSoFar()
    {
        using var cancellation = new CancellationTokenSource();
        using var trainer = new ForecastTrainer(["value"], [Sine(600, 8)], Quick);
        var result = trainer.Train(
            epoch =>
            {
                if (epoch.Epoch == 3)
                {
                    cancellation.Cancel();
                }
            },
            cancellation.Token);
        Assert.True(result.WasCancelled);
        Assert.Equal(3, result.Epochs.Count);
        Assert.Equal(2, Model.Read(result.File, "cancelled").OutputCount);
    }

    [Fact]
    public void Train_Quantiles_CoverTheirShare()
    {
        using var trainer = new ForecastTrainer(
            ["value"], [Sine(4_000, 9)], Quick with { Horizons = [1], Quantiles = [0.1, 0.9] });
        var model = Model.Read(trainer.Train().File, "quantiles");
        Assert.Equal([0.1, 0.9], model.Forecast.Quantiles);
        var fresh = Sine(3_000, 12);
        var predictions = Step(model, fresh);
        var rows = Enumerable.Range(100, 2_800).ToArray();
        double Below(int i) => rows.Average(row => fresh.Values[row + 1] < predictions[row][i] ? 1 : 0);
        Assert.InRange(Below(1), 0.05, 0.15);
        Assert.InRange(Below(2), 0.85, 0.95);
    }

    [Fact]
    public void Train_ChosenOutputsOfSeveralColumns_ForecastsThese()
    {
        var wave = Sine(1_500, 10).Values;
        var values = wave.SelectMany((value, i) => new[] { value, i % 2 == 0 ? 1 : double.NaN, 5 }).ToArray();
        using var trainer = new ForecastTrainer(["a", "b", "c"], [new("three", 3, values)],
            Quick with { Outputs = [0], Season = 16 });
        var result = trainer.Train();
        var model = Model.Read(result.File, "chosen");
        Assert.Equal(["a"], model.Forecast.Outputs);
        Assert.Equal([1, 1], model.Normalisation.Std[1..]);
        Assert.True(result.Errors[0].Model.Mse < 0.5 * result.Errors[0].Persistence.Mse);
        Assert.True(result.Errors[1].SeasonalNaive.Count > 200);
    }

    [Theory]
    [InlineData(144, 1_000, 200)]
    [InlineData(35_064, 125, 25)]
    [InlineData(10_000_000, 30, 20)]
    public void WithEpochsFor_Rows_GivesAboutTwoThousandSteps(int rows, int epochs, int patience)
    {
        var training = new ForecastTraining().WithEpochsFor([new("long", 1, new double[rows])]);
        Assert.Equal((epochs, patience), (training.Epochs, training.Patience));
    }

    [Fact]
    public void Train_OptionsThatMakeNoSense_AreRefused()
    {
        Refuses(Quick with { Horizons = [0] }, "expected ascending horizons from 1, found 0");
        Refuses(Quick with { Horizons = [2, 1] }, "expected ascending horizons from 1, found 2, 1");
        Refuses(Quick with { Window = 8 }, "expected a window above the warm-up of 8, found 8");
        Refuses(Quick with { Quantiles = [0.5, 1] }, "expected ascending quantiles between 0 and 1, found 0.5, 1");
        Refuses(Quick with { Dropout = 0.5 }, "dropout is between layers: expected at least two layers, found one");
        Refuses(Quick with { RecurrentDropout = 1 }, "expected 0 <= recurrent dropout < 1, found 1");
        Refuses(Quick with { Outputs = [1] }, "expected outputs among the 1 columns");
    }

    private static void Refuses(ForecastTraining training, string message) => Assert.Equal(message,
        Assert.Throws<ArgumentException>(() => new ForecastTrainer(["value"], [Sine(100, 0)], training)).Message);

    private static byte[] FileOf(ForecastTraining training)
    {
        using var trainer = new ForecastTrainer(["value"], [Sine(1_500, 11)], training);
        return trainer.Train().File;
    }

    // As the daemon does, from the first row on.
    private static double[][] Step(Model model, RecordedSeries series)
    {
        using var engine = new CpuEngine(model, Kernels.Auto);
        engine.Grow(1);
        var preprocessor = new Preprocessor(model);
        var memory = new double[preprocessor.MemoryDoubles];
        preprocessor.Clear(memory);
        float[] x = new float[model.Inputs.Count], y = new float[model.OutputCount];
        return [.. Enumerable.Range(0, series.Rows).Select(row =>
        {
            var prediction = new double[model.PredictionCount];
            preprocessor.Prepare(series.Row(row), memory, x);
            engine.Step([0], x, y);
            preprocessor.Finish(y, memory, prediction);
            return prediction;
        })];
    }

    // Of period 16, with noise.
    private static RecordedSeries Sine(int rows, int seed)
    {
        var random = new Random(seed);
        var phase = 16 * random.NextDouble();
        return new("sine", 1, [.. Enumerable.Range(0, rows).Select(i =>
            20 + 3 * Math.Sin(2 * Math.PI * (i + phase) / 16) + 0.3 * Normal(random))]);
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
