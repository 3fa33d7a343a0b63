using Realtime.Cells;

namespace Realtime.Daemon.Tests.Commands;

/// <summary><c>realtimed train</c> on small files.</summary>
public sealed class TrainCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("realtimed-").FullName;
    private readonly string _data;
    private readonly string _model;

    public TrainCommandTests()
    {
        _data = Path.Combine(_folder, "wave.csv");
        _model = Path.Combine(_folder, "wave.safetensors");
        var rows = Enumerable.Range(0, 800).Select(static i => FormattableString.Invariant(
            $"{(i < 400 ? "a" : "b")},{Math.Sin(i * 0.4):f4},{(i % 7 == 0 ? "" : "2")}"));
        File.WriteAllLines(_data, rows.Prepend("unit,level,flow"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task AWave_IsForecastBetterThanByPersistence()
    {
        var result = await TrainAsync(
            "--column", "level", "--horizons", "1,4", "--season", "16", "--epochs", "60", "--rate", "0.01",
            "--window", "32", "--batch", "4");
        var model = Model.Load(_model);
        Assert.Equal(["level"], model.Inputs);
        Assert.Equal([1, 4], model.Forecast.Horizons);
        Assert.InRange(result.Lines.Count(static line => line.StartsWith("epoch ", StringComparison.Ordinal)), 21, 60);
        var row = Array.FindIndex(result.Lines, static line => line.Contains("persistence")) + 1;
        var cells = result.Lines[row].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("1", cells[0]);
        Assert.InRange(double.Parse(cells[3]), 0, 0.5);
        Assert.StartsWith($"wrote {_model}, ", result.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task EveryColumnOfNumbers_IsTakenAndGroupsAreSeries()
    {
        var result = await TrainAsync("--group", "unit", "--epochs", "1", "--cell", "lstm");
        Assert.Equal(["level", "flow"], Model.Load(_model).Inputs);
        Assert.Contains("learning from 2 series of 800 rows: level, flow", result.Error);
        Assert.NotNull(Model.Load(_model).Adapt);
    }

    [Fact]
    public async Task TheSameSeed_GivesTheSameFileWithAnyNumberOfThreads()
    {
        await TrainAsync("--epochs", "2", "--seed", "7", "--threads", "1", "--adapt", "none");
        var first = File.ReadAllBytes(_model);
        await TrainAsync("--epochs", "2", "--seed", "7", "--threads", "2", "--adapt", "none");
        Assert.Equal(first, File.ReadAllBytes(_model));
        await TrainAsync("--epochs", "2", "--seed", "8", "--adapt", "none");
        Assert.NotEqual(first, File.ReadAllBytes(_model));
    }

    [Theory]
    [InlineData("--adapt", "lms", "--adapt: found lms, expected rls or none")]
    [InlineData("--horizons", "1,x", "--horizons: found x, expected whole numbers above 0, separated by commas")]
    [InlineData("--horizons", "4,1", "expected ascending horizons from 1, found 4, 1")]
    [InlineData("--quantiles", "0.5,1", "--quantiles: found 1, expected numbers between 0 and 1")]
    [InlineData("--dropout", "0.5", "dropout is between layers: expected at least two layers, found one")]
    [InlineData("--delimiter", "ab", "--delimiter: found ab, expected one character, space or tab")]
    public async Task WhatIsNotSupported_IsRefused(string option, string value, string fault)
    {
        var result = await CommandLine.RunAsync("train", "--data", _data, "--out", _model, option, value);
        Assert.Equal(64, result.ExitCode);
        Assert.Contains(fault, result.Error);
        Assert.False(File.Exists(_model));
    }

    [Fact]
    public async Task ATargetThatIsNoColumn_IsRefused()
    {
        var result = await CommandLine.RunAsync("train", "--data", _data, "--out", _model, "--target", "other");
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("found no column \"other\", expected one of unit, level, flow", result.Error);
        Assert.False(File.Exists(_model));
    }

    [Fact]
    public async Task AFolderThatIsNotThere_IsRefusedBeforeTraining()
    {
        var result = await CommandLine.RunAsync(
            "train", "--data", _data, "--out", Path.Combine(_folder, "none", "m.safetensors"));
        Assert.Equal(64, result.ExitCode);
        Assert.Contains("--out: found no folder ", result.Error);
    }

    private Task<CommandResult> TrainAsync(params string[] options) =>
        CommandLine.RunWellAsync(["train", "--data", _data, "--out", _model, "--hidden", "12", .. options]);
}
