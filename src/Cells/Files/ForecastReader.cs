namespace Realtime.Cells.Files;

/// <summary>Reads what the head's outputs mean, and checks that the head has as many.</summary>
internal static class ForecastReader
{
    private const int MaxHorizon = 1_000_000;

    public static Forecast Read(Fields fields, string[] inputs, DenseLayer head)
    {
        Forecast forecast = fields.Has("classes") ? ReadClasses(fields, head) : ReadHorizons(fields, inputs, head);
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

    private static Forecast ReadHorizons(Fields fields, string[] inputs, DenseLayer head)
    {
        int[] horizons = fields.TakeSizes("horizons", MaxHorizon);
        RequireAscending(fields, "horizons", horizons);
        if (horizons.Length == 0) throw fields.Origin.Fault(fields.At("horizons"), "expected at least one, found none");
        string[] outputs = fields.TakeTexts("outputs");
        double[] quantiles = fields.Has("quantiles") ? ReadQuantiles(fields) : [];
        OutputScale? scale = fields.Has("scale") ? ReadScale(fields.TakeObject("scale"), inputs, outputs) : null;
        Forecast forecast = Forecast.Of(horizons, outputs, quantiles, scale);
        if (forecast.HeadSize != head.Outputs)
        {
            throw fields.Origin.Fault(fields.Place, $"expected {head.Outputs} numbers, the outputs of layer "
                + $"'{head.Name}', found {forecast.HeadSize} = {horizons.Length} horizons * {outputs.Length} outputs "
                + $"* (1 + {quantiles.Length} quantiles)");
        }

        return forecast;
    }

    private static double[] ReadQuantiles(Fields fields)
    {
        double[] quantiles = fields.TakeNumbers("quantiles");
        for (int i = 0; i < quantiles.Length; i++)
        {
            if (quantiles[i] is <= 0 or >= 1)
            {
                throw fields.Origin.Fault($"{fields.At("quantiles")}[{i}]",
                    $"expected a level between 0 and 1, found {quantiles[i]}");
            }
        }

        RequireAscending(fields, "quantiles", quantiles);
        return quantiles;
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
