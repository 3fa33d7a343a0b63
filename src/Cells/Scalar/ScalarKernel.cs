using Realtime.Cells.States;

namespace Realtime.Cells.Scalar;

/// <summary>
/// The reference: one row after the other, one layer after the other, in plain loops. The vector kernels agree with
/// it.
/// </summary>
internal sealed unsafe class ScalarKernel : WaveKernel
{
    private readonly StateLayout _layout;
    private readonly (ScalarLayer Layer, int Outputs)[] _layers;
    private readonly float[] _even;
    private readonly float[] _odd;

    public ScalarKernel(Model model, StateLayout layout)
    {
        _layout = layout;
        Layer[] stepped = model.Layers.Where(layer => layer is not DropoutLayer).ToArray();
        _layers = stepped.Select(layer => (Build(layer, layout), layer.Outputs)).ToArray();
        _even = new float[stepped.Max(layer => layer.Outputs)];
        _odd = new float[_even.Length];
    }

    public override void Step(StateTable states, ReadOnlySpan<int> rows, ReadOnlySpan<float> inputs,
        Span<float> outputs)
    {
        if (rows.IsEmpty) return;
        int inputCount = inputs.Length / rows.Length, outputCount = outputs.Length / rows.Length;
        for (int i = 0; i < rows.Length; i++)
        {
            var state = new Span<float>(states.At(rows[i]), _layout.Stride);
            StepRow(inputs.Slice(i * inputCount, inputCount), state).CopyTo(outputs[(i * outputCount)..]);
        }
    }

    public override void Dispose()
    {
    }

    private ReadOnlySpan<float> StepRow(ReadOnlySpan<float> x, Span<float> state)
    {
        for (int i = 0; i < _layers.Length; i++)
        {
            Span<float> y = (i % 2 == 0 ? _even : _odd).AsSpan(0, _layers[i].Outputs);
            _layers[i].Layer.Step(x, state, y);
            x = y;
        }

        return x;
    }

    private static ScalarLayer Build(Layer layer, StateLayout layout) => layer switch
    {
        RnnLayer rnn => new RnnScalar(rnn, layout.StartOf(rnn, "h")),
        GruLayer gru => new GruScalar(gru, layout.StartOf(gru, "h")),
        LstmLayer lstm => new LstmScalar(lstm, layout.StartOf(lstm, "h"), layout.StartOf(lstm, "c")),
        DenseLayer dense => new DenseScalar(dense),
        EmbeddingLayer embedding => new EmbeddingScalar(embedding),
        _ => throw new NotSupportedException($"layer kind '{layer.Kind}'"),
    };
}
