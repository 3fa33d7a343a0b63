using Realtime.Cells;
using Realtime.Training.Learning.Forecasting;
using Realtime.Training.Learning.Losses;

namespace Realtime.Training.Tests.Learning;

/// <summary>What can be learnt beside the next values themselves.</summary>
public sealed class TargetTests
{
    private static readonly ForecastTraining Quick = new()
    {
        Hidden = 12, Horizons = [1], Window = 40, WarmUp = 8, Epochs = 40, Rate = 1e-2,
    };

    [Fact]
    public void ADifference_IsLearntOfARandomWalkWithMomentum()
    {
        // Far from the rows learnt from, where values say nothing.
        var random = new Random(1);
        var (values, speed) = (new double[4_000], 0.0);
        for (var i = 1; i < values.Length; i++)
        {
            speed = 0.8 * speed + Normal(random);
            values[i] = values[i - 1] + speed + 0.5;
        }
        var training = Quick with
        {
            Target = ForecastTarget.Difference, Features = new(6), Adapt = new(), Intervals = [0.8, 0.95],
        };
        var result = Train(["x"], [new("walk", 1, values)], training);
        Assert.InRange(result.Errors[0].Model.Mse / result.Errors[0].Persistence.Mse, 0, 0.45);
        var model = Model.Read(result.File, "walk");
        Assert.Equal((ForecastTarget.Difference, 2), (model.Forecast.Target, model.NetworkInputCount));
        Assert.Equal(Math.Sqrt(Enumerable.Range(1, 3_199).Average(i => Math.Pow(values[i] - values[i - 1], 2))),
            model.Forecast.DifferenceStd![0], 1e-9);
        Assert.Equal([0.8, 0.95], model.Intervals);
        Assert.NotNull(model.Adapt);
        Assert.InRange(result.AdaptiveErrors[0].Mse / result.Errors[0].Persistence.Mse, 0, 0.45);
    }

    [Fact]
    public void TheBetterTarget_IsFound()
    {
        var random = new Random(2);
        var walk = new double[2_000];
        for (var i = 1; i < walk.Length; i++)
        {
            walk[i] = walk[i - 1] + Normal(random);
        }
        var noise = Enumerable.Range(0, 2_000).Select(_ => Normal(random)).ToArray();
        Assert.Equal(ForecastTarget.Difference, BetterFor(walk));
        Assert.Equal(ForecastTarget.Value, BetterFor(noise));
    }

    [Fact]
    public void AColumnThatIsNoInput_IsMappedBackByItsOwnScale()
    {
        var random = new Random(3);
        var values = new double[2 * 3_000];
        for (var row = 0; row < 3_000; row++)
        {
            values[2 * row] = Normal(random);
            values[2 * row + 1] = row == 0 ? 500 : 500 + 20 * values[2 * row - 2];
        }
        var result = Train(["cause", "effect"], [new("pair", 2, values)],
            Quick with { Inputs = [0], Outputs = [1] });
        var model = Model.Read(result.File, "pair");
        Assert.Equal(["cause"], model.Inputs);
        Assert.Equal(["effect"], model.Forecast.Outputs);
        Assert.Equal(500, model.Forecast.Scale!.Mean[0], 5.0);
        Assert.Equal(20, model.Forecast.Scale.Std[0], 1.0);
        Assert.InRange(result.Errors[0].Model.Mse, 0, 0.05);
        Assert.Equal(1, result.Errors[0].Constant.Mse, 0.1);
    }

    [Fact]
    public void WhatRemains_IsLearntFromWholeSeriesAndJudgedOnOthers()
    {
        // Wear begins at a random row and ends the series at 1.
        var series = Enumerable.Range(0, 30).Select(i => Wearing(new Random(i)).WithRemaining(30)).ToArray();
        var training = Quick with
        {
            Inputs = [0, 1], Outputs = [2], IsOfOwnRow = true, HoldsOutSeries = true, TakesWholeSeries = true,
            Window = 120, WarmUp = 0, Rows = 4, Averaging = 0.9,
        };
        var result = Train(["wear", "constant", "remaining"], series, training);
        var heldOut = result.Errors[0].Model.Count;
        Assert.InRange(heldOut, 6 * 40, 6 * 120);
        Assert.InRange(result.OutputStd[0] * result.Errors[0].Model.Rmse, 0, 6);
        Assert.Equal(0, result.Errors[0].Persistence.Count);
        Assert.Equal(["remaining"], Model.Read(result.File, "wear").Forecast.Outputs);
        Assert.Equal([2, 1, 0], Enumerable.Range(series[0].Rows - 3, 3).Select(row => series[0].Row(row)[2]));
        Assert.Equal(30, series[0].Row(0)[2]);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void AClass_IsTold(int classes)
    {
        var random = new Random(4);
        var values = new double[2 * 2_000];
        for (var row = 0; row < 2_000; row++)
        {
            values[2 * row + 1] = row / 25 % classes;
            values[2 * row] = values[2 * row + 1] + 0.2 * Normal(random);
        }
        values[1] = double.NaN;
        var result = Train(["x", "class"], [new("told", 2, values)], Quick with
        {
            Inputs = [0], Outputs = [1], IsOfOwnRow = true,
            Classes = [.. Enumerable.Range(0, classes).Select(i => $"c{i}")],
        });
        var model = Model.Read(result.File, "told");
        Assert.True(model.IsClassifier);
        Assert.Equal(classes, model.Forecast.Classes!.Length);
        Assert.Equal(classes == 2 ? Activation.Sigmoid : Activation.Softmax, model.Head.Activation);
        Assert.InRange(result.Errors[0].Model.Mse, 0, 0.03);
        Assert.InRange(result.Errors[0].Constant.Mse, 0.4, 0.8);
    }

    [Fact]
    public void ANormalDistribution_HasTheNoisesVariance()
    {
        var random = new Random(5);
        var values = Enumerable.Range(0, 4_000).Select(_ => 10 + 3 * Normal(random)).ToArray();
        var result = Train(["x"], [new("noise", 1, values)],
            Quick with { IsNormal = true, Quantiles = [0.1, 0.9], Epochs = 15 });
        var model = Model.Read(result.File, "noise");
        Assert.Equal((ForecastDistribution.Normal, 2), (model.Forecast.Distribution, model.OutputCount));
        var prediction = new double[3];
        var preprocessor = new Preprocessor(model);
        var memory = new double[preprocessor.MemoryDoubles];
        preprocessor.Clear(memory);
        var (x, y) = (new float[1], new float[2]);
        using var engine = new CpuEngine(model, Kernels.Auto);
        engine.Grow(1);
        preprocessor.Prepare([10], memory, x);
        engine.Step([0], x, y);
        preprocessor.Finish(y, memory, prediction);
        Assert.Equal(10 - 1.28 * 3, prediction[1], 0.6);
        Assert.Equal(10 + 1.28 * 3, prediction[2], 0.6);
    }

    [Fact]
    public void TimesOfDay_AreLearntWhereRowsHaveThem()
    {
        const long Hour = 3_600_000_000_000;
        var random = new Random(6);
        var times = Enumerable.Range(0, 2_000).Select(i => 1_500_000_000_000_000_000 + i * Hour).ToArray();
        // Nothing in one value tells the next, but the hour does.
        var values = times.Select(time => (time / Hour % 24 == 7 ? 5.0 : 0) + 0.3 * Normal(random)).ToArray();
        RecordedSeries series = new("daily", 1, values, times);
        var features = new NetworkFeatures().WithTimesOf([series]);
        Assert.Equal(new NetworkFeatures(0, 3, true), features);
        var with = Train(["x"], [series], Quick with { Features = features, Window = 12 });
        Assert.InRange(with.Errors[0].Model.Mse, 0, 0.3);
        Assert.Equal(9, Model.Read(with.File, "daily").NetworkInputCount);
        Assert.Equal(24, SeasonGuess.Of(series));
        Assert.Equal(new NetworkFeatures(), new NetworkFeatures().WithTimesOf([series with { Times = null }]));
    }

    private static ForecastTarget BetterFor(double[] values) => TargetChoice.Try(["x"], [new("one", 1, values)],
        Quick with { Features = new(6), Epochs = 100 }, null, default)[0].Target;

    private static RecordedSeries Wearing(Random random)
    {
        var begin = 20 + random.Next(40);
        var values = new double[2 * (begin + 35)];
        for (var row = 0; row < begin + 35; row++)
        {
            values[2 * row] = Math.Max(0, row - begin) / 35.0 + 0.03 * Normal(random);
            values[2 * row + 1] = 7;
        }
        return new("wearing", 2, values);
    }

    private static TrainedForecaster Train(
        string[] columns, IReadOnlyList<RecordedSeries> series, ForecastTraining training)
    {
        using var trainer = new ForecastTrainer(columns, series, training);
        return trainer.Train();
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
