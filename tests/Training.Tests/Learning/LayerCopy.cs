using Realtime.Cells;

namespace Realtime.Training.Tests.Learning;

/// <summary>Layers with one tensor changed.</summary>
internal static class LayerCopy
{
    public static Layer With(Layer layer, string tensor, Func<float[], float[]> change)
    {
        var v = layer.Tensors.Select(one =>
            one.Name == tensor ? change(one.Values.ToArray()) : one.Values.ToArray()).ToArray();
        return layer switch
        {
            RnnLayer rnn => new RnnLayer(rnn.Name, rnn.Inputs, rnn.Hidden, rnn.Activation, v[0], v[1], v[2], v[3]),
            GruLayer gru => new GruLayer(gru.Name, gru.Inputs, gru.Hidden, gru.ResetAfter, v[0], v[1], v[2], v[3]),
            LstmLayer lstm => new LstmLayer(lstm.Name, lstm.Inputs, lstm.Hidden, v[0], v[1], v[2], v[3]),
            DenseLayer dense => new DenseLayer(
                dense.Name, dense.Inputs, dense.Outputs, dense.Activation, v[0], v[1]),
            _ => layer,
        };
    }
}
