namespace Realtime.Cells;

/// <summary>
/// A layer with a hidden state h [H]. Names, row-block orders and shapes of the weights are PyTorch's:
/// weight_ih [G·H, I], weight_hh [G·H, H], bias_ih [G·H], bias_hh [G·H] with one row block of H per gate.
/// </summary>
public abstract class RecurrentLayer : Layer
{
    private readonly Tensor[] _tensors;

    private protected RecurrentLayer(string name, string kind, int gates, int inputs, int hidden,
        ReadOnlyMemory<float> weightIh, ReadOnlyMemory<float> weightHh,
        ReadOnlyMemory<float> biasIh, ReadOnlyMemory<float> biasHh)
        : base(name, kind, inputs, hidden)
    {
        Gates = gates;
        int rows = checked(gates * hidden);
        _tensors =
        [
            new Tensor($"{name}.weight_ih", [rows, inputs], weightIh),
            new Tensor($"{name}.weight_hh", [rows, hidden], weightHh),
            new Tensor($"{name}.bias_ih", [rows], biasIh),
            new Tensor($"{name}.bias_hh", [rows], biasHh),
        ];
    }

    /// <summary>Row blocks of the weights: rnn 1, gru 3 (r, z, n), lstm 4 (i, f, g, o).</summary>
    public int Gates { get; }

    public int Hidden => Outputs;
    public ReadOnlyMemory<float> WeightIh => _tensors[0].Values;
    public ReadOnlyMemory<float> WeightHh => _tensors[1].Values;
    public ReadOnlyMemory<float> BiasIh => _tensors[2].Values;
    public ReadOnlyMemory<float> BiasHh => _tensors[3].Values;
    public override IReadOnlyList<Tensor> Tensors => _tensors;
}
