namespace Realtime.Cells;

/// <summary>
/// y = row number x of a table [V, D]; the one input is an integer token in 0…V−1. Always the first layer.
/// </summary>
public sealed class EmbeddingLayer : Layer
{
    private readonly Tensor[] _tensors;

    /// <exception cref="ArgumentException">A tensor of a wrong size.</exception>
    public EmbeddingLayer(string name, int vocabulary, int outputs, ReadOnlyMemory<float> weight)
        : base(name, "embedding", 1, outputs)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabulary, 1);
        Vocabulary = vocabulary;
        _tensors = [new Tensor($"{name}.weight", [vocabulary, outputs], weight)];
    }

    /// <summary>The largest vocabulary: every token up to it is exact as a float32.</summary>
    public const int MaxVocabulary = 1 << 24;

    public int Vocabulary { get; }
    public ReadOnlyMemory<float> Weight => _tensors[0].Values;
    public override IReadOnlyList<Tensor> Tensors => _tensors;
}
