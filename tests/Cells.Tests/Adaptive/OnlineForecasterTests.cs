using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Realtime.Cells.Adaptive;
using Realtime.Cells.Tests.Support;

namespace Realtime.Cells.Tests.Adaptive;

/// <summary>The whole of it around a model: bits, allocation, memory, and what is left for a missing value.</summary>
public sealed class OnlineForecasterTests
{
    [Fact]
    public void Memory_IsLaidOutWithoutHoles_AndWithinItsLimit()
    {
        Model model = Make("gru", 32, [1, 2, 3, 4, 5, 6, 7, 8], new HourFeature(3, Network: false));
        var forecaster = new OnlineForecaster(model, new Preprocessor(model));
        int at = 0;
        foreach (OnlineSlot slot in forecaster.Slots)
        {
            Assert.Equal(at, slot.ByteOffset);
            at += slot.Bytes;
        }

        Assert.Equal(forecaster.MemoryBytes, at);
        Assert.Equal(0, at % 8);
        Assert.Equal(forecaster.Slots.Count, forecaster.Slots.Select(slot => slot.Name).Distinct().Count());
        Assert.Equal(32 + 2 + 6 + 1, forecaster.Features);
        Assert.InRange(at + 128 + 8 * (new Preprocessor(model).MemoryDoubles + model.PredictionCount), 8000, 12_000);
    }

    [VectorFact]
    public void EveryVectorKernel_GivesTheSameBits()
    {
        string[] digests = [.. Kernels.Available.Where(kernel => kernel != Kernels.Scalar).Select(Digest)];
        Assert.Single(digests.Distinct());
    }

    [Fact]
    public void ATick_AllocatesNothing()
    {
        using var run = new OnlineRun(Make("gru", 32, [1, 2, 8], new HourFeature(Network: false)), Kernels.Auto);
        for (int i = 0; i < 3000; i++) run.Tick(i, Math.Sin(i * 0.1));
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 3000; i < 6000; i++) run.Tick(i, i % 50 == 0 ? double.NaN : Math.Sin(i * 0.1));
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void AMissingValue_TakesThePublishedForecast()
    {
        using var run = new OnlineRun(Make("gru", 8, [1, 2]), Kernels.Auto);
        for (int i = 0; i < 1000; i++) run.Tick(i, Math.Sin(i * 0.1));
        Assert.Equal(run.Prediction[0], run.Preprocessor.LastForecast(run.Preprocessing)[0]);
        Assert.NotEqual(run.Preprocessor.Last(run.Preprocessing)[0], run.Prediction[0]);
    }

    [Fact]
    public void ALearningHead_BeatsPersistence_WhereTheNetworkIsUntrained()
    {
        using var run = new OnlineRun(Make("gru", 8, [1, 8]), Kernels.Auto);
        double errors = 0, steps = 0, last = 0;
        for (int i = 0; i < 4000; i++)
        {
            double forecast = run.Prediction[0], value = Math.Sin(i * 0.3) + 0.01 * (i * 7919 % 13);
            run.Tick(i, value);
            if (i > 500) (errors, steps) = (errors + Math.Pow(value - forecast, 2), steps + Math.Pow(value - last, 2));
            last = value;
        }

        Assert.Equal(OnlineFlags.None, run.Flags);
        Assert.InRange(errors / steps, 0, 0.1);
    }

    [Fact]
    public void AHeadsOwnQuantiles_GoWithItsMean()
    {
        var models = new RandomModels(3);
        Layer[] layers = [models.Layer("gru", "g", 1, 4), models.Dense("head", 4, 3)];
        Forecast forecast = Forecast.Of([1], ["x0"], [0.1, 0.9]);
        var additions = new ModelAdditions { Adapt = new AdaptOptions(), Score = false };
        using var run = new OnlineRun(Read(layers, forecast, additions), Kernels.Auto);
        var frozen = new double[3];
        for (int i = 0; i < 500; i++) run.Tick(i, Math.Sin(i * 0.3));
        run.Preprocessor.Finish(run.Outputs, [.. run.Preprocessing], frozen);
        Assert.NotEqual(frozen[0], run.Prediction[0]);
        Assert.Equal(frozen[1] - frozen[0], run.Prediction[1] - run.Prediction[0], 1e-12);
        Assert.Equal(frozen[2] - frozen[0], run.Prediction[2] - run.Prediction[0], 1e-12);
    }

    [Fact]
    public void AHorizonTooLongToLearn_KeepsTheFrozenHead()
    {
        using var run = new OnlineRun(Make("gru", 4, [1, 100]), Kernels.Auto);
        var points = new double[2];
        for (int i = 0; i < 500; i++) run.Tick(i, Math.Sin(i * 0.3));
        run.Preprocessor.Points(run.Outputs, run.Preprocessing, points);
        Assert.Equal(points[1], run.Prediction[5]);
        Assert.NotEqual(points[0], run.Prediction[0]);
        Assert.True(run.Prediction[6] < run.Prediction[5] && run.Prediction[5] < run.Prediction[9]);
    }

    [Fact]
    public void WhatCannotBeServed_IsRefused()
    {
        var models = new RandomModels(1);
        Layer[] layers = [models.Layer("gru", "g", 1, 1100), models.Dense("head", 1100, 1)];
        Model model = Read(layers, Forecast.Of([1], ["x0"]), new ModelAdditions { Adapt = new AdaptOptions() });
        var refused = Assert.Throws<ArgumentException>(() => new OnlineForecaster(model, new Preprocessor(model)));
        Assert.Contains("1024", refused.Message, StringComparison.Ordinal);
        Assert.Contains("1101", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AMemoryFromOutside_IsChecked()
    {
        using var run = new OnlineRun(Make("gru", 8, [1, 2]), Kernels.Auto);
        Assert.Null(run.Forecaster.FaultIn(run.Memory));
        for (int i = 0; i < 2000; i++)
            run.Tick(i, i % 100 == 0 ? double.NaN : i % 700 == 1 ? 1e100 : Math.Sin(i * 0.1));
        Assert.Null(run.Forecaster.FaultIn(run.Memory));
        foreach (OnlineSlot slot in run.Forecaster.Slots.Where(slot => slot.Type != OnlineNumber.Integers))
        {
            bool narrow = slot.Type == OnlineNumber.Floats;
            byte[] damaged = [.. run.Memory];
            Span<byte> first = damaged.AsSpan(slot.ByteOffset);
            if (narrow) BitConverter.TryWriteBytes(first, float.NaN);
            else BitConverter.TryWriteBytes(first, slot.Name == "bases" ? double.NegativeInfinity : double.NaN);
            Assert.StartsWith($"{slot.Name}[0] is ", run.Forecaster.FaultIn(damaged), StringComparison.Ordinal);
        }

        Assert.Contains("expected", run.Forecaster.FaultIn(run.Memory.AsSpan(8)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Kernels.Scalar)]
    [InlineData(Kernels.Auto)]
    public void ReadTop_IsTheLastLayersHidden(string kernel)
    {
        var models = new RandomModels(1);
        Model model = RandomModels.Stack(
            1, models.Layer("gru", "a", 1, 5), models.Layer("lstm", "b", 5, 7), models.Dense("head", 7, 2));
        using var engine = new CpuEngine(model, kernel);
        engine.Grow(3);
        engine.Step([0, 1, 2], [1, 2, 3], new float[6]);
        engine.Step([2], [4], new float[2]);
        var hidden = new float[14];
        engine.ReadTop([2, 0], hidden);
        var state = new float[model.StateFloats];
        engine.Read(2, state);
        StateSlot slot = model.StateSlots.Single(each => each.Layer == "b" && each.Name == "h");
        Assert.Equal(state.AsSpan(slot.Offset, 7).ToArray(), hidden[..7]);
        engine.Read(0, state);
        Assert.Equal(state.AsSpan(slot.Offset, 7).ToArray(), hidden[7..]);
        Assert.Throws<ArgumentException>(() => engine.ReadTop([0], new float[6]));
        Assert.Throws<ArgumentOutOfRangeException>(() => engine.ReadTop([3], new float[7]));
    }

    private static string Digest(string kernel)
    {
        using var run = new OnlineRun(Make("gru", 19, [1, 2, 8], new HourFeature(Network: false)), kernel);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var random = new Random(1);
        for (int i = 0; i < 2000; i++)
        {
            run.Tick(i, Math.Sin(i * 0.1) + 0.1 * random.NextDouble());
            hash.AppendData(MemoryMarshal.AsBytes<double>(run.Prediction));
        }

        hash.AppendData(run.Memory);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static Model Make(string cell, int hidden, int[] horizons, params Feature[] features)
    {
        var models = new RandomModels(7);
        Layer[] layers = [models.Layer(cell, "cell", 2, hidden), models.Dense("head", hidden, horizons.Length)];
        return Read(layers, Forecast.Of(horizons, ["x0"]), new ModelAdditions
        {
            Features = [new DifferenceFeature("x0"), .. features],
            Adapt = new AdaptOptions(WithInputs: true),
            Intervals = [0.8, 0.95],
        });
    }

    private static Model Read(Layer[] layers, Forecast forecast, ModelAdditions additions) => Model.Read(
        ModelWriter.Write("online", ["x0"], Normalisation.Running(300, 5), layers, forecast, additions), "online");
}
