namespace Realtime.Cells;

/// <summary>y = act(W x + b), W [O, I], b [O]. The last dense layer of a model is its head.</summary>
public sealed class DenseLayer : Layer
{
    private readonly Tensor[] _tensors;

    /// <exception cref="ArgumentException">A tensor of a wrong size.</exception>
    public DenseLayer(string name, int inputs, int outputs, Activation activation,
        ReadOnlyMemory<float> weight, ReadOnlyMemory<float> bias)
        : base(name, "dense", inputs, outputs)
    {
        Activation = activation;
        _tensors =
        [
            new Tensor($"{name}.weight", [outputs, inputs], weight),
            new Tensor($"{name}.bias", [outputs], bias),
        ];
    }

    public Activation Activation { get; }
    public ReadOnlyMemory<float> Weight => _tensors[0].Values;
    public ReadOnlyMemory<float> Bias => _tensors[1].Values;
    public override IReadOnlyList<Tensor> Tensors => _tensors;
}
