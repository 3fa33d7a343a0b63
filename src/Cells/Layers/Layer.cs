namespace Realtime.Cells;

/// <summary>One layer of a model: its description and its weights. Immutable.</summary>
public abstract class Layer
{
    private protected Layer(string name, string kind, int inputs, int outputs)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(inputs, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(outputs, 1);
        Name = name;
        Kind = kind;
        Inputs = inputs;
        Outputs = outputs;
    }

    public string Name { get; }

    /// <summary>The kind as the model file writes it.</summary>
    public string Kind { get; }

    /// <summary>Floats the layer takes per step.</summary>
    public int Inputs { get; }

    /// <summary>Floats the layer gives per step.</summary>
    public int Outputs { get; }

    /// <summary>The layer's weights, in the order in which a writer puts them into a file.</summary>
    public abstract IReadOnlyList<Tensor> Tensors { get; }
}
