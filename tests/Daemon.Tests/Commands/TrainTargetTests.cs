using System.Xml.Linq;
using Realtime.Cells;

namespace Realtime.Daemon.Tests.Commands;

/// <summary>What <c>realtimed train</c> predicts beside the columns themselves, and what it leaves behind.</summary>
public sealed class TrainTargetTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("realtimed-").FullName;
    private readonly string _data;
    private readonly string _model;

    public TrainTargetTests()
    {
        _data = Path.Combine(_folder, "plant.csv");
        _model = Path.Combine(_folder, "plant.safetensors");
        var rows = Enumerable.Range(0, 900).Select(static i => FormattableString.Invariant(
            $"2024-{3 + i / 672:00}-{1 + i / 24 % 28:00} {i % 24:00}:00,u{i / 90},{Math.Sin(i * 0.4):f4},{i % 90},")
            + FormattableString.Invariant($"{5 + Math.Cos(i * 0.4):f3},{(i / 30 % 2 == 0 ? "idle" : "busy")}"));
        File.WriteAllLines(_data, rows.Prepend("date,unit,level,age,load,mode"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task ByDefault_TheFileAdaptsAndHasIntervals()
    {
        var result = await TrainAsync("--column", "level", "--covariate", "load", "--horizons", "1,3");
        var model = Model.Load(_model);
        Assert.Equal(["level", "load"], model.Inputs);
        Assert.Equal(["level"], model.Forecast.Outputs);
        Assert.NotNull(model.Adapt);
        Assert.Equal([0.8, 0.95], model.Intervals);
        Assert.Equal([0.025, 0.1, 0.9, 0.975], model.PublishedQuantiles);
        Assert.Equal(["level", "load"], model.Features.OfType<DifferenceFeature>().Select(static one => one.Of));
        Assert.All(model.Features.OfType<DifferenceFeature>(), static one => Assert.Equal(6, one.Clip));
        Assert.Contains(model.Features, static one => one is HourFeature { Harmonics: 3 });
        Assert.Contains(result.Lines, static line => line.StartsWith("targets: ", StringComparison.Ordinal));
        Assert.Contains(result.Lines, static line => line.Contains(" adaptive  seasonal naive"));
        Assert.Contains("\nadaptive head: forgetting ", result.Output);
        Assert.Matches(@"^epoch 3  loss \S+  validation \S+ .* rate \S+  left 0:00:00$",
            result.Lines.Single(static line => line.StartsWith("epoch 3 ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task ThePictureOfTheLosses_LiesBesideTheModel()
    {
        await TrainAsync("--column", "level", "--targets", "value");
        var svg = XDocument.Load(Path.ChangeExtension(_model, ".svg")).Root!;
        Assert.Equal("svg", svg.Name.LocalName);
        var lines = svg.Elements().Where(static one => one.Name.LocalName == "polyline").ToArray();
        Assert.Equal(2, lines.Length);
        Assert.All(lines, static line => Assert.Equal(3, line.Attribute("points")!.Value.Split(' ').Length));
        Assert.False(File.Exists(_model + ".checkpoint"));
    }

    [Theory]
    [InlineData("difference", ForecastTarget.Difference)]
    [InlineData("value", ForecastTarget.Value)]
    public async Task TheTargetAskedFor_IsWritten(string asked, ForecastTarget target)
    {
        await TrainAsync("--column", "level", "--targets", asked, "--adapt", "none", "--time", "none");
        var model = Model.Load(_model);
        Assert.Equal(target, model.Forecast.Target);
        Assert.Null(model.Adapt);
        Assert.Empty(model.Intervals);
        Assert.Equal(2, model.NetworkInputCount);
    }

    [Fact]
    public async Task AnotherColumn_IsNoInput()
    {
        var result = await TrainAsync("--group", "unit", "--target", "load");
        var model = Model.Load(_model);
        Assert.Equal(["level", "age"], model.Inputs);
        Assert.Equal(["load"], model.Forecast.Outputs);
        Assert.Equal(5, model.Forecast.Scale!.Mean[0], 0.2);
        Assert.Null(model.Adapt);
        Assert.Contains("level, age to predict load", result.Error);
    }

    [Fact]
    public async Task WhatRemains_IsCappedAndJudgedInRows()
    {
        var result = await TrainAsync("--group", "unit", "--target", "remaining", "--cap", "40");
        var model = Model.Load(_model);
        Assert.Equal(["level", "age", "load"], model.Inputs);
        Assert.Equal(["remaining"], model.Forecast.Outputs);
        Assert.InRange(model.Forecast.Scale!.Mean[0], 25, 40);
        Assert.Contains("root mean squared errors in rows", result.Output);
    }

    [Theory]
    [InlineData("--target", "mode")]
    [InlineData("--target", "mode", "--loss", "cross-entropy")]
    public async Task AColumnOfText_IsAClass(params string[] options)
    {
        var result = await TrainAsync(["--column", "level,age", .. options]);
        Assert.Equal(["busy", "idle"], Model.Load(_model).Forecast.Classes!);
        Assert.Contains("given a wrong one of 2 classes: busy, idle", result.Output);
    }

    [Fact]
    public async Task NumbersAsClasses_AreClassesWhereAskedFor()
    {
        await TrainAsync("--column", "level", "--target", "unit", "--loss", "cross-entropy");
        Assert.Equal(10, Model.Load(_model).Forecast.Classes!.Length);
    }

    [Fact]
    public async Task ANormalDistribution_HasTheLevelsAskedFor()
    {
        await TrainAsync("--column", "level", "--loss", "normal", "--quantiles", "0.1,0.9", "--targets", "difference");
        var model = Model.Load(_model);
        Assert.Equal(ForecastDistribution.Normal, model.Forecast.Distribution);
        Assert.Equal([0.1, 0.9], model.PublishedQuantiles);
    }

    [Theory]
    [InlineData("--target remaining", "found one series, expected several")]
    [InlineData("--target remaining --group unit --rows 500", "--rows: expected none with --target remaining")]
    [InlineData("--cap 5", "--cap: found without --target remaining")]
    [InlineData("--target load --adapt rls", "--adapt: expected none")]
    [InlineData("--target load --targets difference", "--targets: expected value")]
    [InlineData("--target mode --loss mae", "the target is a class")]
    [InlineData("--loss cross-entropy", "expected --target with a column of classes")]
    [InlineData("--loss normal", "--loss normal: expected --quantiles")]
    [InlineData("--intervals 0.9,0.8", "expected ascending numbers between 0 and 1, or none")]
    [InlineData("--quantiles 0.5 --intervals 0.8", "--intervals: expected none")]
    [InlineData("--target mode --horizons 2", "--horizons: expected 1")]
    [InlineData("--resume", "--resume: expected the checkpoint")]
    public async Task WhatDoesNotGoTogether_IsRefused(string options, string fault)
    {
        var result = await CommandLine.RunAsync(
            ["train", "--data", _data, "--out", _model, .. options.Split(' ')]);
        Assert.Equal(64, result.ExitCode);
        Assert.Contains(fault, result.Error);
        Assert.False(File.Exists(_model));
    }

    [Fact]
    public async Task AnInterruptedTraining_IsTakenUpToTheSameFile()
    {
        string[] options = ["--column", "level", "--epochs", "40", "--patience", "40", "--hidden", "24"];
        await TrainAsync(options);
        var expected = File.ReadAllBytes(_model);
        File.Delete(_model);
        var output = await InterruptedAsync(options);
        Assert.Contains("ended on request after ", output);
        Assert.Contains($"--resume goes on from {_model}.checkpoint", output);
        Assert.Equal(["level"], Model.Load(_model).Inputs);
        var resumed = await TrainAsync([.. options, "--resume"]);
        Assert.DoesNotContain(resumed.Lines, static line => line.StartsWith("epoch 1 ", StringComparison.Ordinal));
        Assert.Equal(expected, File.ReadAllBytes(_model));
        Assert.False(File.Exists(_model + ".checkpoint"));
    }

    // Ends it from within, once the training proper has come to its fourth epoch.
    private async Task<string> InterruptedAsync(string[] options)
    {
        using var stop = new CancellationTokenSource();
        using var output = new StoppingWriter("\nepoch 4 ", stop);
        var code = await Program.RunAsync(
            ["train", "--data", _data, "--out", _model, .. options], output, TextWriter.Null, stop.Token);
        Assert.Equal(0, code);
        return output.ToString();
    }

    private Task<CommandResult> TrainAsync(params string[] options) => CommandLine.RunWellAsync(
        ["train", "--data", _data, "--out", _model, .. options,
            .. options.Contains("--hidden") ? Array.Empty<string>() : ["--hidden", "8", "--epochs", "3"]]);

    private sealed class StoppingWriter(string at, CancellationTokenSource stop) : StringWriter
    {
        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (ToString().Contains(at, StringComparison.Ordinal))
                stop.Cancel();
        }
    }
}
