using Realtime.Cells;

namespace Realtime.Training.Learning;

/// <summary>A layer like another, with other weights.</summary>
internal static class LayerCopy
{
    /// <param name="layer">The other one.</param>
    /// <param name="v">Values of each of its tensors, in their order.</param>
    public static Layer With(Layer layer, float[][] v) => layer switch
    {
        RnnLayer rnn => new RnnLayer(rnn.Name, rnn.Inputs, rnn.Hidden, rnn.Activation, v[0], v[1], v[2], v[3]),
        GruLayer gru => new GruLayer(gru.Name, gru.Inputs, gru.Hidden, gru.ResetAfter, v[0], v[1], v[2], v[3]),
        LstmLayer lstm => new LstmLayer(lstm.Name, lstm.Inputs, lstm.Hidden, v[0], v[1], v[2], v[3]),
        DenseLayer dense => new DenseLayer(dense.Name, dense.Inputs, dense.Outputs, dense.Activation, v[0], v[1]),
        EmbeddingLayer table => new EmbeddingLayer(table.Name, table.Vocabulary, table.Outputs, v[0]),
        DropoutLayer => layer,
        _ => throw new NotSupportedException($"{layer.Name}: no tape for a layer of kind {layer.Kind}"),
    };
}
