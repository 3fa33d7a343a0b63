namespace Realtime.Cells.Files;

/// <summary>Reads what format 2 adds to a forecast: differences as the target, and a distribution.</summary>
internal static class TargetReader
{
    public static Forecast Read(Fields fields, Forecast plain, string[] inputs, Normalisation normalisation)
    {
        ForecastTarget target = ReadTarget(fields);
        double clip = fields.Knows("clip") ? ReadClip(fields, target) : Forecast.DefaultClip;
        ForecastDistribution distribution = ReadDistribution(fields);
        double[]? stds = fields.Knows("differenceStd")
            ? ModelReader.Positive(fields, "differenceStd", plain.Outputs.Length, "output")
            : null;
        if (target == ForecastTarget.Difference) RequireInputs(fields, "target", plain, inputs);
        if (stds is not null) RequireInputs(fields, "differenceStd", plain, inputs);
        RequireScale(fields, target, stds, normalisation);
        return plain.With(target, clip, distribution, stds);
    }

    private static ForecastTarget ReadTarget(Fields fields)
    {
        if (!fields.Knows("target")) return ForecastTarget.Value;
        string target = fields.TakeText("target");
        return target switch
        {
            "value" => ForecastTarget.Value,
            "difference" => ForecastTarget.Difference,
            _ => throw fields.Origin.Fault(fields.At("target"), $"expected value or difference, found '{target}'"),
        };
    }

    private static double ReadClip(Fields fields, ForecastTarget target)
    {
        double clip = fields.TakePositive("clip");
        return target == ForecastTarget.Difference
            ? clip
            : throw fields.Origin.Fault(
                fields.At("clip"), $"expected none, as it limits forecasts of differences, found {clip}");
    }

    private static ForecastDistribution ReadDistribution(Fields fields)
    {
        if (!fields.Knows("distribution")) return ForecastDistribution.None;
        string distribution = fields.TakeText("distribution");
        return distribution == "normal"
            ? ForecastDistribution.Normal
            : throw fields.Origin.Fault(fields.At("distribution"), $"expected normal, found '{distribution}'");
    }

    private static void RequireInputs(Fields fields, string key, Forecast forecast, string[] inputs)
    {
        foreach (string output in forecast.Outputs)
        {
            if (inputs.Contains(output)) continue;
            throw fields.Origin.Fault(fields.At(key),
                $"expected differences of inputs only, found the output '{output}', which is none");
        }
    }

    private static void RequireScale(
        Fields fields, ForecastTarget target, double[]? stds, Normalisation normalisation)
    {
        bool running = normalisation.Kind == NormalisationKind.Running;
        if (running && stds is not null)
        {
            throw fields.Origin.Fault(fields.At("differenceStd"),
                "expected none with running normalisation, where each stream has its own, "
                + $"found an array of {stds.Length}");
        }

        if (!running && stds is null && target == ForecastTarget.Difference)
        {
            throw fields.Origin.Fault(fields.At("differenceStd"),
                "expected one number per output, as the target is a difference and the normalisation not running, "
                + "found none");
        }
    }
}
