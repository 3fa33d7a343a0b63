namespace Realtime.Cells.Tests.Support;

/// <summary>Models that forecast all their inputs one tick ahead.</summary>
internal static class RollOutModels
{
    /// <summary>Values as they are; the outputs stand in another order than the inputs.</summary>
    public static Model Plain(string cell, int seed, int inputs = 2, int hidden = 6)
    {
        var random = new RandomModels(seed);
        string[] names = RandomModels.Names(inputs);
        return RandomModels.Parse("plain", names, Normalisation.None,
            [random.Layer(cell, "a", inputs, hidden), random.Dense("head", hidden, 2 * inputs)],
            Forecast.Of([1, 4], [.. names.Reverse()]));
    }

    /// <summary>Two inputs with fixed scales, differences forecast and seen, and the time of day and week.</summary>
    public static Model Differences(int seed) => Of(seed, Normalisation.Fixed([20, -3], [2.5, 0.8]), [0.7, 0.9]);

    /// <summary>The same with each stream's own scales, limited to 1.5.</summary>
    public static Model Running(int seed) => Of(seed, Normalisation.Running(20, 1.5), null);

    /// <summary>One input, applied to each of so many by itself.</summary>
    public static Model Each(int seed, int inputs)
    {
        var random = new RandomModels(seed);
        Layer[] layers = [random.Layer("gru", "a", 2, 5), random.Dense("head", 5, 2)];
        var additions = new ModelAdditions { Features = [new DifferenceFeature("x0")] };
        return Model.Read(ModelWriter.Write("each", ["x0"], Normalisation.Running(30), layers,
            Forecast.Of([1, 2], ["x0"]), additions), "each").Each(inputs);
    }

    private static Model Of(int seed, Normalisation normalisation, double[]? differenceStd)
    {
        var random = new RandomModels(seed);
        Layer[] layers = [random.Layer("lstm", "a", 7, 6), random.Layer("gru", "b", 6, 5), random.Dense("head", 5, 4)];
        var additions = new ModelAdditions
        {
            Features = [new DifferenceFeature("x1", 0.6), new HourFeature(), new WeekdayFeature()],
        };
        Forecast forecast = Forecast.Of([1, 3], ["x0", "x1"])
            .With(ForecastTarget.Difference, 0.3, differenceStd: differenceStd);
        return Model.Read(
            ModelWriter.Write("differences", ["x0", "x1"], normalisation, layers, forecast, additions), "differences");
    }
}
