using System.Text.Json;

namespace Realtime.Cells.Files;

/// <summary>
/// Reads the chain of layers: an embedding only first, softmax only last, each layer taking what the one before
/// gives, a dense head at the end.
/// </summary>
internal static class LayerReader
{
    private const int MaxSize = 65_536;

    /// <param name="model">The description, of which "layers" is taken.</param>
    /// <param name="tensors">The file's tensors.</param>
    /// <param name="inputs">Numbers the first layer sees.</param>
    /// <param name="derived">How many of these are derived.</param>
    public static Layer[] Read(Fields model, TensorTable tensors, int inputs, int derived)
    {
        JsonElement[] elements = model.TakeElements("layers");
        if (elements.Length == 0) throw model.Origin.Fault("layers", "expected at least a dense head, found no layer");
        var layers = new Layer[elements.Length];
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < elements.Length; i++)
        {
            var fields = new Fields(elements[i], $"layers[{i}]", model.Origin);
            string name = fields.TakeText("name");
            if (!names.Add(name)) throw model.Origin.Fault(fields.At("name"), $"the name '{name}' appears twice");
            var before = new Before(i == 0 ? null : layers[i - 1], inputs, derived, IsHead: i == elements.Length - 1);
            layers[i] = ReadLayer(fields, name, before, tensors);
        }

        return layers;
    }

    /// <summary>What a layer must fit behind.</summary>
    private readonly record struct Before(Layer? Layer, int ModelInputs, int Derived, bool IsHead)
    {
        public int Size => Layer?.Outputs ?? ModelInputs;

        public string Shown => Layer is not null ? $"the outputs of layer '{Layer.Name}'"
            : Derived == 0 ? "the inputs of the model"
            : $"the inputs of the model and {Derived} of its features";
    }

    private static Layer ReadLayer(Fields fields, string name, Before before, TensorTable tensors)
    {
        string kind = fields.TakeText("kind");
        if (before.IsHead && kind != "dense")
            throw fields.Origin.Fault(fields.At("kind"), $"expected a dense head as the last layer, found '{kind}'");
        switch (kind)
        {
            case "rnn":
                return ReadRnn(fields, name, before, tensors);
            case "gru":
                return ReadGru(fields, name, before, tensors);
            case "lstm":
                return ReadLstm(fields, name, before, tensors);
            case "dense":
                return ReadDense(fields, name, before, tensors);
            case "embedding":
                return ReadEmbedding(fields, name, before, tensors);
            case "dropout":
                return ReadDropout(fields, name, before);
            default:
                throw fields.Origin.Fault(fields.At("kind"),
                    $"expected rnn, gru, lstm, dense, embedding or dropout, found '{kind}'");
        }
    }

    private static RnnLayer ReadRnn(Fields fields, string name, Before before, TensorTable tensors)
    {
        (int inputs, int hidden) = Sizes(fields, "hidden", before);
        Activation activation = fields.TryTake("activation", out JsonElement given)
            ? ActivationOf(fields, given, Activation.Tanh, Activation.Relu)
            : Activation.Tanh;
        fields.RefuseUnknown();
        return new RnnLayer(name, inputs, hidden, activation, tensors.Take($"{name}.weight_ih", hidden, inputs),
            tensors.Take($"{name}.weight_hh", hidden, hidden), tensors.Take($"{name}.bias_ih", hidden),
            tensors.Take($"{name}.bias_hh", hidden));
    }

    private static GruLayer ReadGru(Fields fields, string name, Before before, TensorTable tensors)
    {
        (int inputs, int hidden) = Sizes(fields, "hidden", before);
        bool resetAfter = !fields.Knows("resetAfter") || fields.TakeFlag("resetAfter");
        fields.RefuseUnknown();
        return new GruLayer(name, inputs, hidden, resetAfter, tensors.Take($"{name}.weight_ih", 3 * hidden, inputs),
            tensors.Take($"{name}.weight_hh", 3 * hidden, hidden), tensors.Take($"{name}.bias_ih", 3 * hidden),
            tensors.Take($"{name}.bias_hh", 3 * hidden));
    }

    private static LstmLayer ReadLstm(Fields fields, string name, Before before, TensorTable tensors)
    {
        (int inputs, int hidden) = Sizes(fields, "hidden", before);
        fields.RefuseUnknown();
        return new LstmLayer(name, inputs, hidden, tensors.Take($"{name}.weight_ih", 4 * hidden, inputs),
            tensors.Take($"{name}.weight_hh", 4 * hidden, hidden), tensors.Take($"{name}.bias_ih", 4 * hidden),
            tensors.Take($"{name}.bias_hh", 4 * hidden));
    }

    private static DenseLayer ReadDense(Fields fields, string name, Before before, TensorTable tensors)
    {
        (int inputs, int outputs) = Sizes(fields, "outputs", before);
        JsonElement given = fields.Take("activation");
        Activation activation = before.IsHead
            ? ActivationOf(fields, given, Activation.Linear, Activation.Sigmoid, Activation.Tanh, Activation.Relu,
                Activation.Softmax)
            : ActivationOf(fields, given, Activation.Linear, Activation.Sigmoid, Activation.Tanh, Activation.Relu);
        fields.RefuseUnknown();
        return new DenseLayer(name, inputs, outputs, activation, tensors.Take($"{name}.weight", outputs, inputs),
            tensors.Take($"{name}.bias", outputs));
    }

    private static EmbeddingLayer ReadEmbedding(Fields fields, string name, Before before, TensorTable tensors)
    {
        if (before.Layer is not null)
            throw fields.Origin.Fault(fields.At("kind"), "expected an embedding as the first layer only");
        int vocabulary = fields.TakeSize("vocabulary", EmbeddingLayer.MaxVocabulary);
        int outputs = fields.TakeSize("outputs", MaxSize);
        fields.RefuseUnknown();
        return new EmbeddingLayer(name, vocabulary, outputs, tensors.Take($"{name}.weight", vocabulary, outputs));
    }

    private static DropoutLayer ReadDropout(Fields fields, string name, Before before)
    {
        double rate = fields.TakeNumber("rate");
        if (!(rate is >= 0 and < 1))
            throw fields.Origin.Fault(fields.At("rate"), $"expected 0 <= rate < 1, found {rate}");
        fields.RefuseUnknown();
        return new DropoutLayer(name, before.Size, rate);
    }

    private static (int Inputs, int Outputs) Sizes(Fields fields, string outputsKey, Before before)
    {
        int inputs = fields.TakeSize("inputs", MaxSize);
        int outputs = fields.TakeSize(outputsKey, MaxSize);
        if (inputs != before.Size)
            throw fields.Origin.Fault(fields.At("inputs"), $"expected {before.Size}, {before.Shown}, found {inputs}");
        return (inputs, outputs);
    }

    private static Activation ActivationOf(Fields fields, JsonElement given, params Activation[] allowed)
    {
        foreach (Activation activation in allowed)
        {
            if (given.ValueKind == JsonValueKind.String && given.GetString() == NameOf(activation)) return activation;
        }

        throw fields.Origin.Fault(fields.At("activation"),
            $"expected {string.Join(", ", allowed.Select(NameOf))}, found {Fields.Kind(given)}");
    }

    public static string NameOf(Activation activation) => activation switch
    {
        Activation.Linear => "linear",
        Activation.Sigmoid => "sigmoid",
        Activation.Tanh => "tanh",
        Activation.Relu => "relu",
        _ => "softmax",
    };
}
