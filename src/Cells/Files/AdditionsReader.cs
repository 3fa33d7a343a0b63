namespace Realtime.Cells.Files;

/// <summary>
/// Reads what of format 2 each stream learns for itself: the adaptive head, the intervals, the score.
/// </summary>
internal static class AdditionsReader
{
    public static ModelAdditions Read(
        Fields fields, string[] inputs, IReadOnlyList<Feature> features, Layer[] layers, Forecast forecast)
    {
        var additions = new ModelAdditions
        {
            Features = features,
            Adapt = fields.Knows("adapt") ? ReadAdapt(fields.TakeObject("adapt")) : null,
            Intervals = fields.Knows("intervals") ? ReadIntervals(fields, forecast) : [],
            Score = fields.Knows("score") ? fields.TakeFlag("score") : null,
        };
        if (features.Count > 0 && layers[0] is EmbeddingLayer)
            throw fields.Origin.Fault("features", $"expected none for a model of tokens, found {features.Count}");
        if (additions.Adapt is not null) RequireObserved(fields, "adapt", inputs, layers, forecast);
        if (additions.Intervals.Count > 0) RequireObserved(fields, "intervals", inputs, layers, forecast);
        if (additions.Score == true) RequireObserved(fields, "score", inputs, layers, forecast);
        if (additions.Adapt is not null && !layers.OfType<RecurrentLayer>().Any())
        {
            throw fields.Origin.Fault(
                "adapt", "expected a recurrent layer, whose hidden state the adaptive head reads, found none");
        }

        return additions;
    }

    private static AdaptOptions ReadAdapt(Fields fields)
    {
        string kind = fields.TakeText("kind");
        if (kind != "rls") throw fields.Origin.Fault(fields.At("kind"), $"expected rls, found '{kind}'");
        var standard = new AdaptOptions();
        double forgetting = fields.Knows("forgetting") ? fields.TakePositive("forgetting") : standard.Forgetting;
        if (forgetting > 1)
        {
            throw fields.Origin.Fault(
                fields.At("forgetting"), $"expected a number above 0 and at most 1, found {forgetting}");
        }

        double ridge = fields.Knows("ridge") ? fields.TakePositive("ridge") : standard.Ridge;
        bool withInputs = fields.Knows("features") && ReadWithInputs(fields);
        fields.RefuseUnknown();
        return new AdaptOptions(forgetting, ridge, withInputs);
    }

    private static bool ReadWithInputs(Fields fields)
    {
        string features = fields.TakeText("features");
        return features switch
        {
            "hidden" => false,
            "hidden+inputs" => true,
            _ => throw fields.Origin.Fault(
                fields.At("features"), $"expected hidden or hidden+inputs, found '{features}'"),
        };
    }

    private static double[] ReadIntervals(Fields fields, Forecast forecast)
    {
        double[] intervals = ForecastReader.ReadLevels(fields, "intervals");
        if (intervals.Length == 0) throw fields.Origin.Fault("intervals", "expected at least one level, found none");
        double[] quantiles = Model.QuantilesOf(intervals);
        for (int i = 1; i < quantiles.Length; i++)
        {
            if (quantiles[i] > quantiles[i - 1] && quantiles[0] > 0 && quantiles[^1] < 1) continue;
            throw fields.Origin.Fault("intervals",
                $"expected levels that quantiles of 12 digits tell apart, found {string.Join(", ", intervals)}");
        }

        if (forecast.Distribution != ForecastDistribution.None)
            throw fields.Origin.Fault("intervals", "expected none beside forecast.distribution, found both");
        if (forecast.Quantiles.Length > 0)
            throw fields.Origin.Fault("intervals", "expected none beside forecast.quantiles, found both");
        return intervals;
    }

    // Nothing can be learnt from a forecast of what never comes in as a value.
    private static void RequireObserved(
        Fields fields, string key, string[] inputs, Layer[] layers, Forecast forecast)
    {
        if (forecast.Classes is not null)
            throw fields.Origin.Fault(key, "expected none for a classifier, found one");
        if (layers[0] is EmbeddingLayer)
            throw fields.Origin.Fault(key, "expected none for a model of tokens, found one");
        foreach (string output in forecast.Outputs)
        {
            if (inputs.Contains(output)) continue;
            throw fields.Origin.Fault(
                key, $"expected every output of the forecast to be an input, found '{output}', which is none");
        }
    }
}
