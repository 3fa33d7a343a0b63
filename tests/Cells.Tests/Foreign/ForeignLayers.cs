namespace Realtime.Cells.Tests.Foreign;

/// <summary>A foreign model that asks for something the model file cannot express; the message names it.</summary>
internal sealed class NotExpressibleException(string message) : Exception(message);

/// <summary>What importers share: weights from other programs' orders into PyTorch's, and models around them.</summary>
internal static class ForeignLayers
{
    /// <summary>[rows, columns] becomes [columns, rows].</summary>
    public static float[] Transposed(float[] values, int rows, int columns)
    {
        var turned = new float[values.Length];
        for (int row = 0; row < rows; row++)
            for (int column = 0; column < columns; column++)
                turned[column * rows + row] = values[row * columns + column];
        return turned;
    }

    /// <summary>Row blocks in another order: block b of the result is block order[b] of the values.</summary>
    public static float[] Reordered(ReadOnlySpan<float> values, params int[] order)
    {
        int block = values.Length / order.Length;
        var moved = new float[values.Length];
        for (int b = 0; b < order.Length; b++)
            values.Slice(order[b] * block, block).CopyTo(moved.AsSpan(b * block));
        return moved;
    }

    /// <summary>
    /// y = act(x): a layer that only applies an activation, or a head for a net that ends without one.
    /// </summary>
    public static DenseLayer Identity(string name, int size, Activation activation = Activation.Linear)
    {
        var weight = new float[size * size];
        for (int i = 0; i < size; i++) weight[i * size + i] = 1;
        return new DenseLayer(name, size, size, activation, weight, new float[size]);
    }

    /// <summary>
    /// A model of these layers on unscaled inputs whose outputs are values of their own; ends in a dense head.
    /// </summary>
    public static Model ModelOf(string name, int inputs, IReadOnlyList<Layer> layers)
    {
        if (layers[^1] is not DenseLayer) layers = [.. layers, Identity("identity", layers[^1].Outputs)];
        string[] names = [.. Enumerable.Range(0, inputs).Select(i => $"x{i}")];
        string[] outputs = [.. Enumerable.Range(0, layers[^1].Outputs).Select(i => $"y{i}")];
        byte[] file = ModelWriter.Write(name, names, Normalisation.None, layers, Forecast.Of([1], outputs));
        return Model.Read(file, name);
    }

    public static Activation ActivationOf(string name) => name.ToLowerInvariant() switch
    {
        "" or "linear" or "identity" => Activation.Linear,
        "sigmoid" => Activation.Sigmoid,
        "tanh" => Activation.Tanh,
        "relu" => Activation.Relu,
        "softmax" => Activation.Softmax,
        _ => throw new NotExpressibleException($"activation '{name}'"),
    };
}
