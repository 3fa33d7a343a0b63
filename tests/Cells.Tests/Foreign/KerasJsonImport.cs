using System.Text.Json;

namespace Realtime.Cells.Tests.Foreign;

/// <summary>
/// Reads a network that RTNeural's Python script wrote from Keras: {"in_shape": [.., I], "layers": [{"type",
/// "activation", "shape": [.., O], "weights"}]}. Kernels are [inputs, units]; gate blocks are Keras's: GRU z, r, h,
/// LSTM i, f, c, o. A GRU with two bias rows resets after the product, with one before it.
/// </summary>
internal static class KerasJsonImport
{
    public static Model Read(string json, string name)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement root = document.RootElement;
        int inputs = LastOf(root.GetProperty("in_shape")), size = inputs;
        var layers = new List<Layer>();
        foreach (JsonElement element in root.GetProperty("layers").EnumerateArray())
        {
            Add(layers, element, size);
            size = layers[^1].Outputs;
        }

        return ForeignLayers.ModelOf(name, inputs, layers);
    }

    private static void Add(List<Layer> layers, JsonElement element, int inputs)
    {
        string type = element.GetProperty("type").GetString()!;
        string activation = element.TryGetProperty("activation", out JsonElement given) ? given.GetString()! : "";
        string name = $"{type}{layers.Count}";
        float[][] weights = element.TryGetProperty("weights", out JsonElement tensors)
            ? [.. tensors.EnumerateArray().Select(Flat)]
            : [];
        switch (type)
        {
            case "dense" or "time-distributed-dense":
                layers.Add(Dense(name, inputs, LastOf(element.GetProperty("shape")), activation, weights));
                break;
            case "gru":
                RequireTanh(type, activation);
                layers.Add(Gru(name, inputs, LastOf(element.GetProperty("shape")), weights));
                break;
            case "lstm":
                RequireTanh(type, activation);
                layers.Add(Lstm(name, inputs, LastOf(element.GetProperty("shape")), weights));
                break;
            case "activation":
                layers.Add(ForeignLayers.Identity(name, inputs, ForeignLayers.ActivationOf(activation)));
                break;
            default:
                throw new NotExpressibleException($"layer type '{type}'");
        }
    }

    private static DenseLayer Dense(string name, int inputs, int outputs, string activation, float[][] weights) => new(
        name, inputs, outputs, ForeignLayers.ActivationOf(activation),
        ForeignLayers.Transposed(weights[0], inputs, outputs), weights.Length > 1 ? weights[1] : new float[outputs]);

    private static GruLayer Gru(string name, int inputs, int hidden, float[][] weights)
    {
        int rows = 3 * hidden;
        bool resetAfter = weights[2].Length == 2 * rows;
        float[] biasIh = weights[2][..rows], biasHh = resetAfter ? weights[2][rows..] : new float[rows];
        return new GruLayer(name, inputs, hidden, resetAfter, Gates(ForeignLayers.Transposed(weights[0], inputs, rows)),
            Gates(ForeignLayers.Transposed(weights[1], hidden, rows)), Gates(biasIh), Gates(biasHh));

        // Keras: z, r, h; h' = z∘h + (1−z)∘n, as here.
        static float[] Gates(float[] values) => ForeignLayers.Reordered(values, 1, 0, 2);
    }

    private static LstmLayer Lstm(string name, int inputs, int hidden, float[][] weights) => new(name, inputs, hidden,
        ForeignLayers.Transposed(weights[0], inputs, 4 * hidden),
        ForeignLayers.Transposed(weights[1], hidden, 4 * hidden), weights[2], new float[4 * hidden]);

    private static void RequireTanh(string type, string activation)
    {
        if (activation is not ("" or "tanh"))
            throw new NotExpressibleException($"{type} with activation '{activation}'");
    }

    private static int LastOf(JsonElement shape) => shape[shape.GetArrayLength() - 1].GetInt32();

    private static float[] Flat(JsonElement element) => element.ValueKind == JsonValueKind.Array
        ? [.. element.EnumerateArray().SelectMany(Flat)]
        : [(float)element.GetDouble()];
}
