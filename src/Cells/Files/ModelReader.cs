using System.Text;
using System.Text.Json;

namespace Realtime.Cells.Files;

/// <summary>Reads the description of a model, strictly, and checks that its parts fit together.</summary>
internal static class ModelReader
{
    private const string MetadataKey = "realtime";
    private const int NewestFormat = 2;

    public static Model Read(byte[] bytes, string digest, Origin origin)
    {
        SafetensorsFile file = SafetensorsFile.Read(bytes, origin);
        using JsonDocument document = DescriptionOf(file, origin);
        var fields = new Fields(document.RootElement, "", origin);
        int format = ReadFormat(fields);
        string name = fields.TakeText("name");
        string[] inputs = fields.TakeTexts("inputs");
        Normalisation normalisation = ReadNormalisation(fields.TakeObject("normalise"), inputs.Length, format);
        Feature[] features = format == 1 ? [] : FeatureReader.Read(fields, inputs, normalisation);
        int derived = features.Where(feature => feature.Network).Sum(feature => feature.Width);
        var tensors = new TensorTable(file, origin);
        Layer[] layers = LayerReader.Read(fields, tensors, inputs.Length + derived, derived);
        Forecast forecast = ForecastReader.Read(
            fields.TakeObject("forecast"), inputs, normalisation, (DenseLayer)layers[^1], format);
        ModelAdditions additions = format == 1
            ? ModelAdditions.None
            : AdditionsReader.Read(fields, inputs, features, layers, forecast);
        fields.RefuseUnknown();
        tensors.RefuseSurplus();
        if (layers[0] is EmbeddingLayer && (inputs.Length != 1 || normalisation.Kind != NormalisationKind.None))
        {
            throw origin.Fault(inputs.Length != 1 ? "inputs" : "normalise.kind",
                $"expected one input and kind none for an embedding, found {inputs.Length} and {normalisation.Kind}");
        }

        FeatureReader.RequireScales(features, normalisation, forecast, origin);
        return new Model(digest, name, inputs, normalisation, layers, forecast, additions);
    }

    private static JsonDocument DescriptionOf(SafetensorsFile file, Origin origin)
    {
        foreach (string key in file.Metadata.Keys)
        {
            if (key != MetadataKey)
                throw origin.Fault($"__metadata__.{key}", $"unknown key; known here: {MetadataKey}");
        }

        if (!file.Metadata.TryGetValue(MetadataKey, out string? text))
            throw origin.Fault($"__metadata__.{MetadataKey}", "expected the description of the model, found none");
        return JsonText.Parse(Encoding.UTF8.GetBytes(text), $"__metadata__.{MetadataKey}", origin);
    }

    private static int ReadFormat(Fields fields)
    {
        JsonElement format = fields.Take("format");
        if (format.ValueKind == JsonValueKind.Number && format.TryGetInt32(out int number)
            && number is >= 1 and <= NewestFormat) return number;
        throw fields.Origin.Fault("format", $"expected 1 or {NewestFormat}, found {Fields.Kind(format)}");
    }

    private static Normalisation ReadNormalisation(Fields fields, int inputs, int format)
    {
        string kind = fields.TakeText("kind");
        Normalisation normalisation;
        switch (kind)
        {
            case "none":
                normalisation = Normalisation.None;
                break;
            case "fixed":
                normalisation = Normalisation.Fixed(
                    PerName(fields, "mean", inputs, "input"), Positive(fields, "std", inputs, "input"));
                break;
            case "running":
                double halfLife = fields.TakeNumber("halfLife");
                if (halfLife <= 0)
                    throw fields.Origin.Fault(fields.At("halfLife"), $"expected ticks above 0, found {halfLife}");
                normalisation = Normalisation.Running(halfLife,
                    format > 1 && fields.Knows("clip") ? fields.TakePositive("clip") : Normalisation.DefaultClip);
                break;
            default:
                throw fields.Origin.Fault(fields.At("kind"), $"expected none, fixed or running, found '{kind}'");
        }

        fields.RefuseUnknown();
        return normalisation;
    }

    /// <summary>An array with one finite number per input or output.</summary>
    public static double[] PerName(Fields fields, string key, int count, string what)
    {
        double[] numbers = fields.TakeNumbers(key);
        if (numbers.Length != count)
        {
            throw fields.Origin.Fault(
                fields.At(key), $"expected one number per {what}, that is {count}, found {numbers.Length}");
        }

        return numbers;
    }

    /// <summary>The same with every number above 0.</summary>
    public static double[] Positive(Fields fields, string key, int count, string what)
    {
        double[] numbers = PerName(fields, key, count, what);
        for (int i = 0; i < count; i++)
        {
            if (numbers[i] <= 0)
                throw fields.Origin.Fault($"{fields.At(key)}[{i}]", $"expected a number above 0, found {numbers[i]}");
        }

        return numbers;
    }
}
