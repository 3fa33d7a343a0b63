namespace Realtime.Cells.Files;

/// <summary>Reads what the head's outputs mean, and checks that the head has as many.</summary>
internal static class ForecastReader
{
    private const int MaxHorizon = 1_000_000;

    /// <param name="fields">The object "forecast".</param>
    /// <param name="inputs">Names of the model's inputs.</param>
    /// <param name="normalisation">How they are scaled.</param>
    /// <param name="head">The head whose outputs they are.</param>
    /// <param name="format">The format of the file: 1 knows values only.</param>
    public static Forecast Read(
        Fields fields, string[] inputs, Normalisation normalisation, DenseLayer head, int format)
    {
        Forecast forecast = fields.Has("classes")
            ? ReadClasses(fields, head)
            : ReadHorizons(fields, inputs, normalisation, head, format);
        fields.RefuseUnknown();
        return forecast;
    }

    private static Forecast ReadClasses(Fields fields, DenseLayer head)
    {
        string[] classes = fields.TakeTexts("classes");
        if (head.Activation is not (Activation.Softmax or Activation.Sigmoid))
        {
            throw fields.Origin.Fault(fields.At("classes"), "expected a softmax or sigmoid head for classes, found "
                + $"{LayerReader.NameOf(head.Activation)} in layer '{head.Name}'");
        }

        bool oneOfTwo = head.Activation == Activation.Sigmoid && head.Outputs == 1 && classes.Length == 2;
        if (head.Outputs != classes.Length && !oneOfTwo)
        {
            throw fields.Origin.Fault(fields.At("classes"), $"expected {head.Outputs} classes, the outputs of layer "
                + $"'{head.Name}', found {classes.Length}");
        }

        return Forecast.OfClasses(classes);
    }

    private static Forecast ReadHorizons(
        Fields fields, string[] inputs, Normalisation normalisation, DenseLayer head, int format)
    {
        int[] horizons = fields.TakeSizes("horizons", MaxHorizon);
        RequireAscending(fields, "horizons", horizons);
        if (horizons.Length == 0) throw fields.Origin.Fault(fields.At("horizons"), "expected at least one, found none");
        string[] outputs = fields.TakeTexts("outputs");
        double[] quantiles = fields.Has("quantiles") ? ReadLevels(fields, "quantiles") : [];
        OutputScale? scale = fields.Has("scale") ? ReadScale(fields.TakeObject("scale"), inputs, outputs) : null;
        Forecast forecast = Forecast.Of(horizons, outputs, quantiles, scale);
        if (format > 1) forecast = TargetReader.Read(fields, forecast, inputs, normalisation);
        if (forecast.HeadSize != head.Outputs)
        {
            string each = forecast.Distribution == ForecastDistribution.Normal
                ? "2 for mean and variance"
                : $"(1 + {quantiles.Length} quantiles)";
            throw fields.Origin.Fault(fields.Place, $"expected {head.Outputs} numbers, the outputs of layer "
                + $"'{head.Name}', found {forecast.HeadSize} = {horizons.Length} horizons * {outputs.Length} outputs "
                + $"* {each}");
        }

        return forecast;
    }

    /// <summary>Numbers between 0 and 1, ascending.</summary>
    public static double[] ReadLevels(Fields fields, string key)
    {
        double[] levels = fields.TakeNumbers(key);
        for (int i = 0; i < levels.Length; i++)
        {
            if (levels[i] is <= 0 or >= 1)
            {
                throw fields.Origin.Fault($"{fields.At(key)}[{i}]",
                    $"expected a level between 0 and 1, found {levels[i]}");
            }
        }

        RequireAscending(fields, key, levels);
        return levels;
    }

    private static OutputScale ReadScale(Fields fields, string[] inputs, string[] outputs)
    {
        if (outputs.All(inputs.Contains))
        {
            throw fields.Origin.Fault(fields.Place,
                "expected none: every output is an input, which the normalisation maps back");
        }

        double[] mean = ModelReader.PerName(fields, "mean", outputs.Length, "output");
        double[] std = ModelReader.Positive(fields, "std", outputs.Length, "output");
        fields.RefuseUnknown();
        return new OutputScale(mean, std);
    }

    private static void RequireAscending<T>(Fields fields, string key, T[] numbers) where T : IComparable<T>
    {
        for (int i = 1; i < numbers.Length; i++)
        {
            if (numbers[i].CompareTo(numbers[i - 1]) <= 0)
            {
                throw fields.Origin.Fault($"{fields.At(key)}[{i}]",
                    $"expected more than {numbers[i - 1]}, the one before, found {numbers[i]}");
            }
        }
    }
}
