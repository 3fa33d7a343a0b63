using Realtime.Cells.States;

namespace Realtime.Cells.Vectors;

/// <summary>
/// Steps a wave four streams at a time through the whole stack, the rest one by one. A stream's bits are the same
/// either way, and at every width.
/// </summary>
internal sealed unsafe class VectorKernel<TLanes, TVector> : WaveKernel
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    private readonly VectorLayer[] _layers;
    private readonly AlignedFloats _even;
    private readonly AlignedFloats _odd;
    private readonly int _stride;

    public VectorKernel(Model model, StateLayout layout)
    {
        Layer[] stepped = model.Layers.Where(layer => layer is not DropoutLayer).ToArray();
        _layers = Array.ConvertAll(stepped, layer => Build(layer, layout));
        _stride = AlignedFloats.Padded(Math.Max(model.Inputs.Count, stepped.Max(layer => layer.Outputs)) + 1);
        _even = new AlignedFloats((long)StreamGroup.Most * _stride);
        _odd = new AlignedFloats((long)StreamGroup.Most * _stride);
    }

    public override void Step(StateTable states, ReadOnlySpan<int> rows, ReadOnlySpan<float> inputs,
        Span<float> outputs)
    {
        if (rows.IsEmpty) return;
        int inputCount = inputs.Length / rows.Length, outputCount = outputs.Length / rows.Length;
        for (int at = 0; at < rows.Length;)
        {
            int count = rows.Length - at >= StreamGroup.Most ? StreamGroup.Most : 1;
            StepGroup(states, rows.Slice(at, count), inputs.Slice(at * inputCount, count * inputCount),
                outputs.Slice(at * outputCount, count * outputCount));
            at += count;
        }
    }

    public override void Dispose()
    {
        foreach (VectorLayer layer in _layers) layer.Dispose();
        _even.Dispose();
        _odd.Dispose();
    }

    private void StepGroup(StateTable states, ReadOnlySpan<int> rows, ReadOnlySpan<float> inputs, Span<float> outputs)
    {
        float** at = stackalloc float*[StreamGroup.Most];
        int inputCount = inputs.Length / rows.Length, outputCount = outputs.Length / rows.Length;
        for (int m = 0; m < rows.Length; m++)
        {
            at[m] = states.At(rows[m]);
            float* x = _even.Pointer + m * _stride;
            inputs.Slice(m * inputCount, inputCount).CopyTo(new Span<float>(x, inputCount));
            // The products read an even number of floats.
            x[inputCount] = 0;
        }

        var group = new StreamGroup
        {
            Count = rows.Length, States = at, X = _even.Pointer, Y = _odd.Pointer, Stride = _stride,
        };
        foreach (VectorLayer layer in _layers)
        {
            layer.Step(group);
            float* outputsOfLayer = group.Y;
            group.Y = group.X;
            group.X = outputsOfLayer;
        }

        for (int m = 0; m < rows.Length; m++)
            new ReadOnlySpan<float>(group.X + m * _stride, outputCount).CopyTo(outputs[(m * outputCount)..]);
    }

    private static VectorLayer Build(Layer layer, StateLayout layout) => layer switch
    {
        RnnLayer rnn => new RnnVector<TLanes, TVector>(rnn, layout.StartOf(rnn, "h")),
        GruLayer { ResetAfter: true } gru => new GruVector<TLanes, TVector>(gru, layout.StartOf(gru, "h")),
        GruLayer gru => new GruResetBeforeVector<TLanes, TVector>(gru, layout.StartOf(gru, "h")),
        LstmLayer lstm => new LstmVector<TLanes, TVector>(
            lstm, layout.StartOf(lstm, "h"), layout.StartOf(lstm, "c")),
        DenseLayer dense => new DenseVector<TLanes, TVector>(dense),
        EmbeddingLayer embedding => new EmbeddingVector(embedding),
        _ => throw new NotSupportedException($"layer kind '{layer.Kind}'"),
    };
}
