using System.Text.Json;

namespace Realtime.Cells.Files;

/// <summary>Writes what format 2 has beside the parts of format 1; a default is left out.</summary>
internal static class AdditionsWriter
{
    public static void WriteFeatures(Utf8JsonWriter json, IReadOnlyList<Feature> features)
    {
        if (features.Count == 0) return;
        json.WriteStartArray("features");
        foreach (Feature feature in features)
        {
            json.WriteStartObject();
            WriteFeature(json, feature);
            if (!feature.Network) json.WriteBoolean("network", false);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    public static void WriteLearning(Utf8JsonWriter json, ModelAdditions additions)
    {
        if (additions.Adapt is { } adapt)
        {
            json.WriteStartObject("adapt");
            json.WriteString("kind", "rls");
            json.WriteNumber("forgetting", adapt.Forgetting);
            json.WriteNumber("ridge", adapt.Ridge);
            json.WriteString("features", adapt.WithInputs ? "hidden+inputs" : "hidden");
            json.WriteEndObject();
        }

        if (additions.Intervals.Count > 0)
        {
            json.WriteStartArray("intervals");
            foreach (double level in additions.Intervals) json.WriteNumberValue(level);
            json.WriteEndArray();
        }

        if (additions.Score is { } score) json.WriteBoolean("score", score);
    }

    private static void WriteFeature(Utf8JsonWriter json, Feature feature)
    {
        switch (feature)
        {
            case DifferenceFeature difference:
                json.WriteString("kind", "difference");
                json.WriteString("of", difference.Of);
                json.WriteNumber("clip", difference.Clip);
                if (difference.Std is { } std) json.WriteNumber("std", std);
                break;
            case HourFeature hour:
                json.WriteString("kind", "hour");
                json.WriteNumber("harmonics", hour.Harmonics);
                break;
            case WeekdayFeature:
                json.WriteString("kind", "weekday");
                break;
        }
    }
}
