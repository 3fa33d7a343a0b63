namespace Realtime.Cells.Tests.Foreign;

/// <summary>
/// Makes a layer of an ONNX RNN, GRU or LSTM node. W is [1, G·H, I], R [1, G·H, H], B [1, 2·G·H] (input biases, then
/// hidden ones; zero where absent); gate blocks are GRU z, r, h and LSTM i, o, f, c. Forward direction only.
/// </summary>
internal static class OnnxRecurrentImport
{
    /// <param name="node">The node.</param>
    /// <param name="tensors">Its weights by name, from the graph or from outside.</param>
    /// <exception cref="NotExpressibleException">Something the model file has no words for; named.</exception>
    public static RecurrentLayer Read(OnnxNode node, IReadOnlyDictionary<string, OnnxTensor> tensors)
    {
        OnnxTensor w = tensors[node.InputAt(1)], r = tensors[node.InputAt(2)];
        int rows = w.Shape[1], inputs = w.Shape[2], hidden = r.Shape[2];
        float[] bias = tensors.TryGetValue(node.InputAt(3), out OnnxTensor? b) ? b.Values : new float[2 * rows];
        RefuseWhatIsNotExpressible(node, tensors, w.Shape[0]);
        float[] Gates(ReadOnlySpan<float> values) => node.Operator switch
        {
            "GRU" => ForeignLayers.Reordered(values, 1, 0, 2),
            "LSTM" => ForeignLayers.Reordered(values, 0, 2, 3, 1),
            _ => values.ToArray(),
        };

        float[] weightIh = Gates(w.Values), weightHh = Gates(r.Values);
        float[] biasIh = Gates(bias.AsSpan(0, rows)), biasHh = Gates(bias.AsSpan(rows));
        switch (node.Operator)
        {
            case "RNN":
                return new RnnLayer("rnn", inputs, hidden, RnnActivation(node), weightIh, weightHh, biasIh, biasHh);
            case "GRU":
                RequireActivations(node, "Sigmoid", "Tanh");
                bool resetAfter = (node.Attribute("linear_before_reset")?.Integer ?? 0) != 0;
                return new GruLayer("gru", inputs, hidden, resetAfter, weightIh, weightHh, biasIh, biasHh);
            case "LSTM":
                RequireActivations(node, "Sigmoid", "Tanh", "Tanh");
                return new LstmLayer("lstm", inputs, hidden, weightIh, weightHh, biasIh, biasHh);
            default:
                throw new NotExpressibleException($"operator {node.Operator}");
        }
    }

    private static void RefuseWhatIsNotExpressible(
        OnnxNode node, IReadOnlyDictionary<string, OnnxTensor> tensors, int directions)
    {
        string direction = node.Attribute("direction")?.Text ?? "forward";
        if (direction != "forward" || directions != 1)
            throw new NotExpressibleException($"direction {direction}: a stream has no end to begin from");
        if (node.Attribute("clip") is not null) throw new NotExpressibleException("clip");
        if ((node.Attribute("input_forget")?.Integer ?? 0) != 0) throw new NotExpressibleException("input_forget");
        if (tensors.TryGetValue(node.InputAt(7), out OnnxTensor? peepholes)
            && peepholes.Values.Any(value => value != 0))
            throw new NotExpressibleException("peepholes");
    }

    private static Activation RnnActivation(OnnxNode node)
    {
        string[] given = node.Attribute("activations")?.Texts ?? ["Tanh"];
        return given switch
        {
            ["Tanh"] => Activation.Tanh,
            ["Relu"] => Activation.Relu,
            _ => throw new NotExpressibleException($"RNN with {string.Join(", ", given)}"),
        };
    }

    private static void RequireActivations(OnnxNode node, params string[] expected)
    {
        string[] given = node.Attribute("activations")?.Texts ?? expected;
        if (!given.SequenceEqual(expected, StringComparer.OrdinalIgnoreCase))
            throw new NotExpressibleException($"{node.Operator} with {string.Join(", ", given)}");
    }
}
