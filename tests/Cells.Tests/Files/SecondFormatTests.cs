using System.Text.Json;
using System.Text.Json.Nodes;
using Realtime.Cells.Tests.Support;

namespace Realtime.Cells.Tests.Files;

public sealed class SecondFormatTests
{
    [Fact]
    public void Read_Running_HasEveryPart()
    {
        Model model = Model.Read(SecondFormat.Running().ToBytes(), "second");
        Assert.Equal(
            [
                new DifferenceFeature("b", 2.5), new HourFeature(2, Network: false), new WeekdayFeature(),
                new DifferenceFeature("a", 5, null, Network: false),
            ],
            model.Features);
        Assert.Equal((5, 5, 4, 20), (model.NetworkInputCount, model.ExtraCount, model.OutputCount,
            model.PredictionCount));
        Assert.Equal(new AdaptOptions(0.999, 2, WithInputs: true), model.Adapt);
        Assert.Equal([0.8, 0.95], model.Intervals);
        Assert.Equal([0.025, 0.1, 0.9, 0.975], model.PublishedQuantiles);
        Assert.True(model.Score);
        Assert.Equal(4, model.Normalisation.Clip);
        Assert.Equal((ForecastTarget.Difference, 3.0), (model.Forecast.Target, model.Forecast.Clip));
        Assert.Equal("rnn", model.TopRecurrent!.Name);
    }

    [Fact]
    public void Read_Normal_HasQuantilesThatTheHeadHasNot()
    {
        Model model = Model.Read(SecondFormat.Normal().ToBytes(), "normal");
        Assert.Equal(ForecastDistribution.Normal, model.Forecast.Distribution);
        Assert.Equal([0.5], model.Forecast.DifferenceStd!);
        Assert.Equal([0.1, 0.5, 0.9], model.PublishedQuantiles);
        Assert.Equal((4, 8), (model.OutputCount, model.PredictionCount));
        Assert.Equal(6, model.Forecast.Clip);
        Assert.Null(model.Adapt);
        Assert.False(model.Score);
    }

    [Fact]
    public void Read_WithoutAnyOfItsKeys_MeansFormat1()
    {
        var raw = new RawModel();
        Model first = Model.Read(raw.ToBytes(), "1");
        raw.Description["format"] = 2;
        Model second = Model.Read(raw.ToBytes(), "2");
        Assert.Equal(ModelWriter.Write(first), ModelWriter.Write(second));
        Assert.Equal(10, second.Normalisation.Clip);
        Assert.Empty(second.Features);
        Assert.False(second.Score);
    }

    [Theory]
    [InlineData(null, "adapt", true)]
    [InlineData(null, "intervals", true)]
    [InlineData(null, null, false)]
    [InlineData(true, null, true)]
    [InlineData(false, "adapt", false)]
    public void Score_IfNotTold_IsThereWhereAStreamLearns(bool? told, string? left, bool expected)
    {
        RawModel raw = SecondFormat.Running();
        foreach (string key in new[] { "adapt", "intervals" })
            if (key != left) raw.Description.Remove(key);
        if (told is { } score) raw.Description["score"] = score;
        Assert.Equal(expected, Model.Read(raw.ToBytes(), "score").Score);
    }

    [Fact]
    public void Read_AdaptWithoutMore_HasTheDefaults()
    {
        RawModel raw = SecondFormat.Running();
        raw.Description["adapt"] = RawModel.Json("""{"kind":"rls"}""");
        Assert.Equal(new AdaptOptions(0.9998, 1, WithInputs: false), Model.Read(raw.ToBytes(), "adapt").Adapt);
    }

    [Fact]
    public void Write_Parts_ReadBackTheSame()
    {
        foreach (RawModel raw in new[] { SecondFormat.Running(), SecondFormat.Normal() })
        {
            raw.Description["score"] = raw.Description["name"]!.ToString() == "normal";
            if (raw.Description["name"]!.ToString() == "normal")
            {
                raw.Description["features"]!.AsArray().Add(
                    RawModel.Json("""{"kind":"difference","of":"a","std":2,"network":false}"""));
            }

            Model model = Model.Read(raw.ToBytes(), "raw");
            byte[] once = ModelWriter.Write(model);
            Model again = Model.Read(once, "again");
            Assert.Equal(once, ModelWriter.Write(again));
            Assert.Equal(model.Features, again.Features);
            Assert.Equal(model.Additions.Score, again.Additions.Score);
            Assert.Equal(model.Adapt, again.Adapt);
            Assert.Equal(model.Intervals, again.Intervals);
            Assert.Equal(model.Forecast.Target, again.Forecast.Target);
            Assert.Equal(model.Forecast.Clip, again.Forecast.Clip);
            Assert.Equal(model.Forecast.Distribution, again.Forecast.Distribution);
            Assert.Equal(model.Forecast.DifferenceStd, again.Forecast.DifferenceStd);
            Assert.Equal(model.Normalisation.Clip, again.Normalisation.Clip);
        }
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    [InlineData(2, 2)]
    [InlineData(3, 2)]
    [InlineData(4, 2)]
    [InlineData(5, 2)]
    public void Write_SaysFormat2OnlyWhereItIsUsed(int part, int format)
    {
        var random = new RandomModels(1);
        var additions = part switch
        {
            1 => new ModelAdditions { Features = [new HourFeature(Network: false)] },
            2 => new ModelAdditions { Score = true },
            _ => null,
        };
        Forecast forecast = Forecast.Of([1, 2], ["x"]);
        if (part == 3) forecast = forecast.With(ForecastTarget.Difference);
        Normalisation normalisation = part switch
        {
            4 => Normalisation.Running(9, 5),
            5 => Normalisation.Fixed([1], [2]),
            _ => Normalisation.Running(9),
        };
        if (part == 5) forecast = forecast.With(ForecastTarget.Value, differenceStd: [3]);
        byte[] file = ModelWriter.Write("m", ["x"], normalisation, [random.Dense("head", 1, 2)], forecast, additions);
        Assert.Equal(format, FormatOf(file));
    }

    private static int FormatOf(byte[] file)
    {
        using var header = JsonDocument.Parse(file.AsMemory(8, (int)BitConverter.ToInt64(file)));
        string text = header.RootElement.GetProperty("__metadata__").GetProperty("realtime").GetString()!;
        return JsonNode.Parse(text)!["format"]!.GetValue<int>();
    }
}
