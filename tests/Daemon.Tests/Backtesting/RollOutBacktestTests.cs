using System.Text.Json;
using Realtime.Cells;
using Realtime.Daemon.Tests.Commands;
using Realtime.Daemon.Tests.Simulation;

namespace Realtime.Daemon.Tests.Backtesting;

/// <summary>Roll-outs, ensembles and devices of <c>realtimed backtest</c>.</summary>
public sealed class RollOutBacktestTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("realtimed-").FullName;
    private readonly string _data;
    private readonly string[] _models;

    public RollOutBacktestTests()
    {
        _data = Path.Combine(_folder, "pump.csv");
        var random = new Random(12);
        File.WriteAllLines(_data, Enumerable.Range(0, 160).Select(i => FormattableString.Invariant(
            $"{(i % 41 == 7 ? "" : $"{Math.Sin(i) + random.NextDouble()}")},{20 + i % 9 + random.NextDouble()}"))
            .Prepend("a,b"));
        _models = [.. Enumerable.Range(2, 3).Select(seed => Write($"pump{seed}", SmallModels.Lstm(seed)))];
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [NumpyFact]
    public async Task Errors_of_every_step_are_as_numpy_has_them() => await CompareAsync(_models[0]);

    [NumpyFact]
    public async Task Errors_of_an_ensemble_and_its_roll_out_are_as_numpy_has_them()
    {
        var found = await CompareAsync(_models);
        var members = found.GetProperty("members").EnumerateArray().ToArray();
        Assert.Equal(_models, members.Select(static one => one.GetProperty("file").GetString()));
        // By itself each member does what it does alone.
        for (var i = 0; i < members.Length; i++)
        {
            var alone = await JsonAsync([_models[i]], "--roll-out", "9", "--test-from", "50", "--test-to", "150");
            foreach (var part in new[] { "horizons", "rollOut" })
                Assert.True(JsonElement.DeepEquals(alone.GetProperty(part), members[i].GetProperty(part)), part);
        }
    }

    [Fact]
    public async Task The_first_step_is_what_was_published()
    {
        var found = await JsonAsync(["default"], "--roll-out", "3");
        Assert.Equal(
            found.GetProperty("horizons")[0].GetProperty("mse").GetDouble(),
            found.GetProperty("rollOut")[0].GetProperty("mse").GetDouble(), 1e-12);
        Assert.Equal([1, 2, 3], found.GetProperty("rollOut").EnumerateArray()
            .Select(static one => one.GetProperty("horizon").GetInt32()));
        Assert.Equal(3, found.GetProperty("perStream")[1].GetProperty("rollOut").GetArrayLength());
    }

    [Fact]
    public async Task A_decoder_makes_all_steps()
    {
        var by = await JsonAsync([_models[0]], "--roll-out", "4", "--decoder", _models[1]);
        var alone = await JsonAsync([_models[0]], "--roll-out", "4");
        Assert.Equal(alone.GetProperty("horizons").ToString(), by.GetProperty("horizons").ToString());
        Assert.NotEqual(alone.GetProperty("rollOut").ToString(), by.GetProperty("rollOut").ToString());
    }

    [Fact]
    public async Task Tables_and_page_have_every_step_and_member()
    {
        var page = Path.Combine(_folder, "page.html");
        var result = await CommandLine.RunWellAsync(
            ["backtest", .. Models(_models), "--data", _data, "--roll-out", "5", "--plot", page]);
        Assert.Contains("Rolled out: each forecast is the next input", result.Output);
        foreach (var name in new[] { "ensemble ", "pump2 ", "pump3 ", "pump4 " })
            Assert.True(result.Lines.Count(line => line.Contains(name)) >= 2 + 5, $"{name}: {result.Output}");
        var text = File.ReadAllText(page);
        Assert.Contains("<h2>Rolled out: each forecast is the next input</h2>", text);
        Assert.Equal(2 + 5, text.Split("<td>pump3<").Length - 1);
    }

    [Theory]
    [InlineData(64, "--decoder: found x without --roll-out, expected both", "--decoder", "x")]
    [InlineData(78, "none: ", "--roll-out", "3", "--decoder", "none")]
    [InlineData(64, "--engine: found sideways, expected cpu, gpu or auto", "--engine", "sideways")]
    [InlineData(64, "--roll-out: found 0, expected a whole number above 0", "--roll-out", "0")]
    public async Task What_does_not_fit_is_said(int code, string fault, params string[] options)
    {
        var result = await CommandLine.RunAsync(["backtest", "--model", _models[0], "--data", _data, .. options]);
        Assert.Equal(code, result.ExitCode);
        Assert.Contains(fault, result.Error, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Models_that_can_not_be_rolled_out_or_put_together_are_refused()
    {
        var tokens = Write("tokens", SmallModels.Tokens());
        var gru = Write("gru", SmallModels.Gru());
        await RefusedAsync("found a model of tokens, expected one of numbers", [tokens], "--roll-out", "2");
        await RefusedAsync("found inputs ", [_models[0], gru]);
        await RefusedAsync("found a decoder of x, expected one of the encoder's inputs a, b", [_models[0]],
            "--roll-out", "2", "--decoder", gru);
        await RefusedAsync("found a decoder of several models", [.. _models], "--roll-out", "2", "--decoder", gru);

        async Task RefusedAsync(string fault, string[] models, params string[] options)
        {
            var result = await CommandLine.RunAsync(["backtest", .. Models(models), "--data", _data, .. options]);
            Assert.Equal((78, ""), (result.ExitCode, result.Output));
            Assert.Contains(fault, result.Error);
        }
    }

    [PoclFact]
    public async Task On_a_device_many_streams_step_together_and_agree()
    {
        var fleet = Path.Combine(_folder, "fleet.csv");
        var random = new Random(3);
        File.WriteAllLines(fleet, Enumerable.Range(0, 30 * 700).Select(i => FormattableString.Invariant(
            $"s{i % 700},{Math.Sin(0.1 * i) + random.NextDouble()},{20 + random.NextDouble()}")).Prepend("s,a,b"));
        foreach (var models in new[] { [_models[0]], _models })
        {
            string[] common =
                ["backtest", .. Models(models), "--data", fleet, "--group", "s", "--roll-out", "6", "--json"];
            var cpu = JsonDocument.Parse((await CommandLine.RunWellAsync(common)).Output).RootElement;
            var gpu = JsonDocument.Parse((await CommandLine.RunWellAsync(
                [.. common, "--engine", "gpu", "--device", "pocl"])).Output).RootElement;
            Assert.Equal(("cpu", "gpu"),
                (cpu.GetProperty("engine").GetString(), gpu.GetProperty("engine").GetString()));
            Assert.StartsWith("opencl-", gpu.GetProperty("kernel").GetString());
            Assert.Equal(700, gpu.GetProperty("streams").GetInt32());
            Assert.Equal(30 * 700, gpu.GetProperty("ticks").GetInt64());
            foreach (var part in new[] { "horizons", "rollOut" })
            {
                foreach (var (one, other) in cpu.GetProperty(part).EnumerateArray()
                    .Zip(gpu.GetProperty(part).EnumerateArray()))
                {
                    foreach (var name in new[] { "mse", "mae" })
                    {
                        Assert.Equal(one.GetProperty(name).GetDouble(), other.GetProperty(name).GetDouble(),
                            1e-5 * Math.Max(1, one.GetProperty(name).GetDouble()));
                    }

                    Assert.Equal(one.GetProperty("count").GetInt64(), other.GetProperty("count").GetInt64());
                }
            }
        }
    }

    [Fact]
    public async Task A_device_that_is_none_is_a_fault_of_the_configuration()
    {
        var result = await CommandLine.RunAsync(
            "backtest", "--model", _models[0], "--data", _data, "--engine", "gpu", "--device", "none of that name");
        Assert.Equal(78, result.ExitCode);
        Assert.Contains("engine.kind: gpu, but ", result.Error);
    }

    private static string[] Models(params string[] models) => [.. models.SelectMany(static one => (string[])
        ["--model", one])];

    private string Write(string name, Model model)
    {
        var path = Path.Combine(_folder, $"{name}.safetensors");
        File.WriteAllBytes(path, ModelWriter.Write(model));
        return path;
    }

    private async Task<JsonElement> CompareAsync(params string[] models)
    {
        var found = await JsonAsync(models, "--roll-out", "9", "--test-from", "50", "--test-to", "150");
        var peers = Path.Combine(Repository.Root, "tests", "EndToEnd.Tests", "peers");
        var script = Path.Combine(Repository.Root, "tests", "Daemon.Tests", "Backtesting", "rollout.py");
        var expected = JsonDocument.Parse(Command.Say(
            Command.Python, [script, peers, _data, "9", "50", "150", .. models])).RootElement;
        var compared = 0;
        foreach (var part in new[] { "horizons", "rollOut" })
            compared += BacktestCommandTests.Compare(expected.GetProperty(part), found.GetProperty(part), part);
        Assert.Equal((2 + 9) * 6, compared);
        return found;
    }

    private async Task<JsonElement> JsonAsync(string[] models, params string[] options) => JsonDocument.Parse(
        (await CommandLine.RunWellAsync(["backtest", .. Models(models), "--data", _data, "--json", .. options])).Output)
        .RootElement;
}
