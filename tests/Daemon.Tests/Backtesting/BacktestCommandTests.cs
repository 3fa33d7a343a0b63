using System.Text.Json;
using System.Xml.Linq;
using Realtime.Cells;
using Realtime.Daemon.Tests.Commands;
using Realtime.Daemon.Tests.Simulation;

namespace Realtime.Daemon.Tests.Backtesting;

/// <summary><c>realtimed backtest</c> on small files.</summary>
public sealed class BacktestCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("realtimed-").FullName;
    private readonly string _data;
    private readonly string _model;

    public BacktestCommandTests()
    {
        _data = Path.Combine(_folder, "pump.csv");
        _model = Path.Combine(_folder, "pump.safetensors");
        var random = new Random(11);
        double a = 1, b = 20;
        var rows = Enumerable.Range(0, 400).Select(i =>
        {
            a = 0.8 * a + random.NextDouble() - 0.4;
            b += 3 * Math.Sin(i * 0.52) + random.NextDouble() - 0.5;
            // Values are missing here and there, and in both columns at once; others are 0 for a while.
            var first = i % 37 == 5 ? "" : i is > 300 and < 320 ? "0" : FormattableString.Invariant($"{a:r}");
            return $"{first},{(i % 53 == 7 || i == 42 ? "" : FormattableString.Invariant($"{b:r}"))}";
        });
        File.WriteAllLines(_data, rows.Prepend("a,b"));
        File.WriteAllBytes(_model, ModelWriter.Write(SmallModels.Lstm()));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [NumpyFact]
    public async Task EveryNumber_IsAsNumpyHasItFromTheDefinitions()
    {
        var found = await JsonAsync(
            _model, "--season", "12", "--scale-rows", "150", "--test-from", "200", "--test-to", "390");
        var peers = Path.Combine(Repository.Root, "tests", "EndToEnd.Tests", "peers");
        var script = Path.Combine(Repository.Root, "tests", "Daemon.Tests", "Backtesting", "backtest.py");
        var expected = JsonDocument.Parse(
            Command.Say(Command.Python, script, peers, _model, _data, "12", "150", "200", "390")).RootElement;

        var compared = 0;
        Compare(expected.GetProperty("horizons"), found.GetProperty("horizons"), "horizons", ref compared);
        // Two horizons of 22 numbers of the model's own and five of each of three baselines.
        Assert.InRange(compared, 50, 80);
        Assert.Equal(1, found.GetProperty("streams").GetInt32());
        Assert.Equal(400, found.GetProperty("ticks").GetInt64());
        Assert.True(found.GetProperty("nsPerStep").GetDouble() > 0);
    }

    [Fact]
    public async Task RowsScored_AreThoseThatAreForecast()
    {
        var found = (await JsonAsync(_model, "--test-from", "100", "--test-to", "104")).GetProperty("horizons");
        // Values of rows 100 to 103, of which none is missing, whichever row they were forecast from.
        Assert.Equal([8, 8], found.EnumerateArray().Select(static one => one.GetProperty("count").GetInt32()));
        var first = (await JsonAsync(_model, "--test-to", "4")).GetProperty("horizons");
        Assert.Equal(6, first[0].GetProperty("count").GetInt32());
        Assert.Equal(0, first[1].GetProperty("count").GetInt32());
        Assert.Equal(JsonValueKind.Null, first[1].GetProperty("mse").ValueKind);
    }

    [Fact]
    public async Task TheBuiltInModel_TakesEachColumnAsAStream()
    {
        var found = await JsonAsync("default", "--test-from", "100");
        Assert.Equal(2, found.GetProperty("streams").GetInt32());
        Assert.Equal(
            ["pump/a", "pump/b"],
            found.GetProperty("perStream").EnumerateArray()
                .Select(static one => one.GetProperty("stream").GetString()));
        var score = found.GetProperty("horizons")[0];
        Assert.True(score.GetProperty("mse").GetDouble() > 0);
        Assert.False(score.TryGetProperty("seasonalNaive", out _));
    }

    [Fact]
    public async Task AColumnAskedFor_IsTheOnlyStream()
    {
        var found = await JsonAsync("default", "--column", "b", "--rows", "50");
        Assert.Equal(1, found.GetProperty("streams").GetInt32());
        Assert.Equal(50, found.GetProperty("ticks").GetInt64());
    }

    [Fact]
    public async Task Groups_AreStreamsOfTheirOwn()
    {
        var file = Path.Combine(_folder, "groups.csv");
        File.WriteAllLines(
            file, Enumerable.Range(0, 90).Select(i => $"{(i % 3 == 0 ? "x" : "y")},{i % 7}").Prepend("unit,value"));
        var result = await CommandLine.RunWellAsync(
            "backtest", "--model", "default", "--data", file, "--group", "unit", "--json");
        var streams = JsonDocument.Parse(result.Output).RootElement.GetProperty("perStream");
        Assert.Equal(
            [("groups/x", 30), ("groups/y", 60)],
            streams.EnumerateArray().Select(static one =>
                (one.GetProperty("stream").GetString()!, one.GetProperty("ticks").GetInt32())));
    }

    [Fact]
    public async Task TheText_HasTheModelBesideEveryBaseline()
    {
        var result = await CommandLine.RunWellAsync(
            "backtest", "--model", _model, "--data", _data, "--season", "12");
        foreach (var name in new[] { "persistence", "online RLS", "seasonal naive" })
            Assert.Equal(2, result.Lines.Count(line => line.Contains(name) && !line.Contains("MSE")));
        Assert.Contains(result.Lines, static line => line.Contains("80%"));
    }

    [Fact]
    public async Task ThePage_IsOneFileThatFetchesNothing()
    {
        var page = Path.Combine(_folder, "page.html");
        var result = await CommandLine.RunWellAsync(
            "backtest", "--model", _model, "--data", _data, "--plot", page, "--json");
        Assert.Contains($"wrote {page}", result.Error);
        JsonDocument.Parse(result.Output);
        var text = File.ReadAllText(page);
        foreach (var outside in new[] { "http", "src=", "href", "@import", "url(", "<script" })
            Assert.DoesNotContain(outside, text);
        // Two values, two horizons: forecasts and errors of each; and calibration.
        Assert.Equal(2 * 2 * 2 + 1, Pictures(text).Length);
        foreach (var picture in Pictures(text))
            Assert.NotEmpty(XElement.Parse(picture).Elements("path"));
        Assert.Contains("class=\"band0\"", text);
        Assert.DoesNotContain("NaN", text);
    }

    [Theory]
    [InlineData(64, "--test-to: found 5, expected a row behind --test-from", "--test-from", "5", "--test-to", "5")]
    [InlineData(64, "--test-from: found -1, expected the number of a row, from 0 on", "--test-from", "-1")]
    [InlineData(64, "found no forecast to score: 400 rows in the longest file", "--test-from", "400")]
    [InlineData(64, "found columns b, expected the model's 2 inputs a, b; --column says which", "--column", "b")]
    [InlineData(1, "found no column \"c\", expected one of a, b", "--column", "a,c")]
    [InlineData(64, "--plot: found no folder ", "--plot", "/none/at/all.html")]
    [InlineData(64, "found --seasons, expected one of --model, ", "--seasons", "3")]
    public async Task WhatDoesNotFit_IsSaid(int code, string fault, params string[] options)
    {
        var result = await CommandLine.RunAsync(["backtest", "--model", _model, "--data", _data, .. options]);
        Assert.Equal(code, result.ExitCode);
        Assert.Contains(fault, result.Error);
        Assert.Empty(result.Output);
    }

    [Fact]
    public async Task AModelThatIsNone_IsAFaultOfTheConfiguration()
    {
        var classifier = Path.Combine(_folder, "classifier.safetensors");
        File.WriteAllBytes(classifier, ModelWriter.Write(SmallModels.Classifier()));
        (string, string)[] faults =
        [
            (classifier, "found a classifier, expected a model that forecasts"), (_data, "pump.csv"), ("none", "none"),
        ];
        foreach (var (file, fault) in faults)
        {
            var result = await CommandLine.RunAsync("backtest", "--model", file, "--data", _data);
            Assert.Equal(78, result.ExitCode);
            Assert.Contains(fault, result.Error);
        }
    }

    [Fact]
    public async Task ARowThatTheLoopRejects_IsNamed()
    {
        var tokens = Path.Combine(_folder, "tokens.safetensors");
        File.WriteAllBytes(tokens, ModelWriter.Write(SmallModels.Tokens()));
        var file = Path.Combine(_folder, "tokens.csv");
        File.WriteAllLines(file, ["token", "1", "2", "9", "3"]);
        var result = await CommandLine.RunAsync("backtest", "--model", tokens, "--data", file);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("3 of 4 rows were forecast from: ", result.Error);
        Assert.Contains("rejected", result.Error);
    }

    private static string[] Pictures(string page) =>
        [.. page.Split("<svg").Skip(1).Select(static part => "<svg" + part[..(part.IndexOf("</svg>") + 6)])];

    /// <summary>Everything that is expected is there.</summary>
    /// <returns>Numbers that were compared.</returns>
    internal static int Compare(JsonElement expected, JsonElement found, string at)
    {
        var compared = 0;
        Compare(expected, found, at, ref compared);
        return compared;
    }

    private static void Compare(JsonElement expected, JsonElement found, string at, ref int compared)
    {
        if (expected.ValueKind == JsonValueKind.Object)
        {
            foreach (var entry in expected.EnumerateObject())
                Compare(entry.Value, found.GetProperty(entry.Name), $"{at}.{entry.Name}", ref compared);
            return;
        }

        if (expected.ValueKind == JsonValueKind.Array)
        {
            Assert.Equal(expected.GetArrayLength(), found.GetArrayLength());
            for (var i = 0; i < expected.GetArrayLength(); i++)
                Compare(expected[i], found[i], $"{at}[{i}]", ref compared);
            return;
        }

        var (one, other) = (expected.GetDouble(), found.GetDouble());
        // The model's numbers are float32 inside; what is counted or baseline is double.
        var tolerance = at.Contains("persistence") || at.Contains("rls") || at.Contains("seasonal") ? 1e-9 : 2e-5;
        Assert.True(Math.Abs(one - other) <= tolerance * Math.Max(1e-3, Math.Abs(one)), $"{at}: {other}, numpy {one}");
        compared++;
    }

    private async Task<JsonElement> JsonAsync(string model, params string[] options)
    {
        var result = await CommandLine.RunWellAsync(
            ["backtest", "--model", model, "--data", _data, "--json", .. options]);
        return JsonDocument.Parse(result.Output).RootElement;
    }
}

/// <summary>A fact that needs python3-numpy; skipped, saying so, where it is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NumpyFactAttribute : FactAttribute
{
    public NumpyFactAttribute()
    {
        if (!Directory.Exists("/usr/lib/python3/dist-packages/numpy"))
            Skip = "NOT TESTED: no numpy for python3 (apt-get install python3-numpy)";
    }
}
