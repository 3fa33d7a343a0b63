using Realtime.Cells;
using Realtime.Cells.States;

namespace Realtime.Training.Learning;

/// <summary>
/// The weights of a chain of layers in one padded row of floats, as an optimiser wants them, and the same matrices
/// transposed, as forward passes want them.
/// </summary>
internal sealed unsafe class Weights : IDisposable
{
    private readonly AlignedFloats _values;
    private readonly AlignedFloats _transposed;
    private readonly WeightBlock[][] _blocks;

    public Weights(IReadOnlyList<Layer> layers)
    {
        Layers = layers;
        _blocks = new WeightBlock[layers.Count][];
        long count = 0;
        for (var i = 0; i < layers.Count; i++)
        {
            var layer = layers[i];
            var gates = layer is RecurrentLayer recurrent ? recurrent.Gates : 1;
            _blocks[i] = new WeightBlock[layer.Tensors.Count];
            for (var j = 0; j < _blocks[i].Length; j++)
            {
                _blocks[i][j] = new WeightBlock(layer.Tensors[j], gates, layer is not EmbeddingLayer, count);
                count += _blocks[i][j].Length;
            }
        }
        Count = checked((int)count);
        _values = new AlignedFloats(count);
        _transposed = new AlignedFloats(count);
        Load(layers);
    }

    public IReadOnlyList<Layer> Layers { get; }

    /// <summary>Floats, padding included.</summary>
    public int Count { get; }

    public Span<float> Values => _values.Span(0, Count);

    public IReadOnlyList<WeightBlock> BlocksOf(int layer) => _blocks[layer];

    public float* At(WeightBlock block) => _values.Pointer + block.Offset;

    /// <summary>A matrix transposed: [column][gate][row], rows padded.</summary>
    public float* TransposedAt(WeightBlock block) => _transposed.Pointer + block.Offset;

    /// <summary>Takes other values for the same layers.</summary>
    public void Load(IReadOnlyList<Layer> layers)
    {
        for (var i = 0; i < layers.Count; i++)
        {
            for (var j = 0; j < _blocks[i].Length; j++)
            {
                var block = _blocks[i][j];
                block.Spread(layers[i].Tensors[j].Values.Span, Values.Slice((int)block.Offset, (int)block.Length));
            }
        }
        Transpose();
    }

    /// <summary>To be called whenever the values have changed, before a forward pass.</summary>
    public void Transpose()
    {
        for (var i = 0; i < _blocks.Length; i++)
        {
            foreach (var block in _blocks[i])
            {
                if (block.IsMatrix && Layers[i] is not EmbeddingLayer)
                {
                    Transpose(block);
                }
            }
        }
    }

    /// <summary>Layers with the values of a padded row such as <see cref="Values"/>.</summary>
    public Layer[] ToLayers(ReadOnlySpan<float> padded)
    {
        var layers = new Layer[Layers.Count];
        for (var i = 0; i < layers.Length; i++)
        {
            layers[i] = ToLayer(Layers[i], _blocks[i], padded);
        }
        return layers;
    }

    /// <summary>One tensor's part of a padded row such as the values or their gradient.</summary>
    /// <exception cref="ArgumentException">There is no such tensor.</exception>
    public float[] Gather(string tensor, ReadOnlySpan<float> padded)
    {
        var block = _blocks.SelectMany(blocks => blocks).FirstOrDefault(block => block.Name == tensor)
            ?? throw new ArgumentException($"found no tensor '{tensor}'", nameof(tensor));
        return block.Gather(padded.Slice((int)block.Offset, (int)block.Length));
    }

    public void Dispose()
    {
        _values.Dispose();
        _transposed.Dispose();
    }

    private void Transpose(WeightBlock block)
    {
        float* from = At(block), to = TransposedAt(block);
        for (var row = 0; row < block.PaddedRows; row++)
        {
            for (var column = 0; column < block.PaddedColumns; column++)
            {
                to[column * block.PaddedRows + row] = from[row * block.PaddedColumns + column];
            }
        }
    }

    private static Layer ToLayer(Layer layer, WeightBlock[] blocks, ReadOnlySpan<float> padded)
    {
        var values = new float[blocks.Length][];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = blocks[i].Gather(padded.Slice((int)blocks[i].Offset, (int)blocks[i].Length));
        }
        return LayerCopy.With(layer, values);
    }
}
