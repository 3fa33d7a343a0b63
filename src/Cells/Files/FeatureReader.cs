using System.Text.Json;

namespace Realtime.Cells.Files;

/// <summary>Reads the derived inputs of format 2.</summary>
internal static class FeatureReader
{
    private const string Key = "features";

    public static Feature[] Read(Fields model, string[] inputs, Normalisation normalisation)
    {
        if (!model.Knows(Key)) return [];
        JsonElement[] elements = model.TakeElements(Key);
        var features = new Feature[elements.Length];
        for (int i = 0; i < elements.Length; i++)
        {
            var fields = new Fields(elements[i], $"{Key}[{i}]", model.Origin);
            features[i] = ReadOne(fields, inputs, normalisation);
            fields.RefuseUnknown();
        }

        return features;
    }

    /// <summary>Every difference needs a scale; which ones have one is known when the forecast is.</summary>
    public static void RequireScales(
        IReadOnlyList<Feature> features, Normalisation normalisation, Forecast forecast, Origin origin)
    {
        for (int i = 0; i < features.Count; i++)
        {
            if (features[i] is not DifferenceFeature { Std: null } difference
                || normalisation.Kind == NormalisationKind.Running
                || forecast.DifferenceStd is not null && forecast.Outputs.Contains(difference.Of)) continue;
            throw origin.Fault($"{Key}[{i}].std",
                "expected a number, as the normalisation is not running and forecast.differenceStd has none for "
                + $"'{difference.Of}', found none");
        }
    }

    private static Feature ReadOne(Fields fields, string[] inputs, Normalisation normalisation)
    {
        string kind = fields.TakeText("kind");
        bool network = !fields.Knows("network") || fields.TakeFlag("network");
        switch (kind)
        {
            case "difference":
                return ReadDifference(fields, network, inputs, normalisation);
            case "hour":
                int harmonics = fields.Knows("harmonics") ? fields.TakeSize("harmonics", HourFeature.MaxHarmonics) : 1;
                return new HourFeature(harmonics, network);
            case "weekday":
                return new WeekdayFeature(network);
            default:
                throw fields.Origin.Fault(
                    fields.At("kind"), $"expected difference, hour or weekday, found '{kind}'");
        }
    }

    private static DifferenceFeature ReadDifference(
        Fields fields, bool network, string[] inputs, Normalisation normalisation)
    {
        string of = fields.TakeText("of");
        if (!inputs.Contains(of))
        {
            throw fields.Origin.Fault(
                fields.At("of"), $"expected an input of the model, {string.Join(" or ", inputs)}, found '{of}'");
        }

        double clip = fields.Knows("clip") ? fields.TakePositive("clip") : DifferenceFeature.DefaultClip;
        double? std = fields.Knows("std") ? fields.TakePositive("std") : null;
        if (std is not null && normalisation.Kind == NormalisationKind.Running)
        {
            throw fields.Origin.Fault(fields.At("std"),
                $"expected none with running normalisation, where each stream has its own, found {std}");
        }

        return new DifferenceFeature(of, clip, std, network);
    }
}
