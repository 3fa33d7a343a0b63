using System.Runtime.CompilerServices;
using Realtime.Cells.States;

namespace Realtime.Cells.Vectors;

/// <summary>
/// Steps a wave, group by group, through the whole stack. A stream's bits are the same alone and in any wave.
/// </summary>
internal sealed unsafe class VectorKernel<TLanes, TVector> : WaveKernel
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>Streams behind a group whose state rows are fetched while it is stepped.</summary>
    private const int Ahead = 8;

    private readonly VectorLayer[] _layers;
    private readonly AlignedFloats _outputs;
    private readonly int _stride;

    public VectorKernel(Model model, StateLayout layout)
    {
        Layer[] stepped = model.Layers.Where(layer => layer is not DropoutLayer).ToArray();
        _layers = Array.ConvertAll(stepped, layer => Build(layer, layout));
        _stride = AlignedFloats.Padded(model.OutputCount);
        _outputs = new AlignedFloats(StreamGroup.Most * (long)_stride);
    }

    [SkipLocalsInit]
    public override void Step(StateTable states, ReadOnlySpan<int> rows, ReadOnlySpan<float> inputs,
        Span<float> outputs)
    {
        if (rows.IsEmpty) return;
        float** at = stackalloc float*[StreamGroup.Most + Ahead];
        int inputCount = inputs.Length / rows.Length, outputCount = outputs.Length / rows.Length;
        var group = new StreamGroup { States = at };
        while (!rows.IsEmpty)
        {
            group.Count = Math.Min(rows.Length, StreamGroup.Most);
            group.Known = Math.Min(rows.Length, StreamGroup.Most + Ahead);
            for (int m = 0; m < group.Known; m++) at[m] = states.At(rows[m]);
            StepGroup(group, inputs[..(group.Count * inputCount)], outputs[..(group.Count * outputCount)]);
            rows = rows[group.Count..];
            inputs = inputs[(group.Count * inputCount)..];
            outputs = outputs[(group.Count * outputCount)..];
        }
    }

    public override void Dispose()
    {
        foreach (VectorLayer layer in _layers) layer.Dispose();
        _outputs.Dispose();
    }

    private void StepGroup(in StreamGroup group, ReadOnlySpan<float> inputs, Span<float> outputs)
    {
        StreamRows first = _layers[0].Rows;
        int inputCount = inputs.Length / group.Count, outputCount = outputs.Length / group.Count;
        for (int m = 0; m < group.Count; m++)
        {
            float* x = first.Inputs + m * first.Stride;
            for (int i = 0; i < inputCount; i++) x[i] = inputs[m * inputCount + i];
        }

        for (int i = 0; i + 1 < _layers.Length; i++)
            _layers[i].Step(group, _layers[i + 1].Rows.Inputs, _layers[i + 1].Rows.Stride);
        _layers[^1].Step(group, _outputs.Pointer, _stride);
        for (int m = 0; m < group.Count; m++)
        {
            float* y = _outputs.Pointer + m * _stride;
            for (int i = 0; i < outputCount; i++) outputs[m * outputCount + i] = y[i];
        }
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
