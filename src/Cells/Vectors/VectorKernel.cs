using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
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
    private const int Ahead = StreamGroup.Most;

    private readonly VectorLayer[] _layers;
    private readonly AlignedFloats _outputs;
    private readonly int _stride;
    private readonly int _inputCount;
    private readonly int _outputCount;

    public VectorKernel(Model model, StateLayout layout)
    {
        Layer[] stepped = model.Layers.Where(layer => layer is not DropoutLayer).ToArray();
        _layers = Array.ConvertAll(stepped, layer => Build(layer, layout));
        _inputCount = model.NetworkInputCount;
        _outputCount = model.OutputCount;
        _stride = AlignedFloats.Padded(model.OutputCount);
        _outputs = new AlignedFloats(StreamGroup.Most * (long)_stride);
    }

    [SkipLocalsInit]
    public override void Step(StateTable states, ReadOnlySpan<int> rows, ReadOnlySpan<float> inputs,
        Span<float> outputs)
    {
        if (rows.Length == 1)
        {
            StepOne(states.At(rows[0]), inputs, outputs);
            return;
        }

        float** at = stackalloc float*[StreamGroup.Most + Ahead];
        var group = new StreamGroup { States = at };
        fixed (int* row = rows)
        fixed (float* x = inputs, y = outputs)
        {
            for (int first = 0; first < rows.Length; first += group.Count)
            {
                group.Count = Math.Min(rows.Length - first, StreamGroup.Most);
                group.Known = Math.Min(rows.Length - first, StreamGroup.Most + Ahead);
                for (int m = 0; m < group.Known; m++) at[m] = states.At(row[first + m]);
                StepGroup(group, x + (nint)first * _inputCount, y + (nint)first * _outputCount);
            }
        }
    }

    public override void Dispose()
    {
        foreach (VectorLayer layer in _layers) layer.Dispose();
        _outputs.Dispose();
    }

    // What is done for groups alone would take a third of the time of a small cell.
    private void StepOne(float* state, ReadOnlySpan<float> inputs, Span<float> outputs)
    {
        VectorLayer layer = _layers[0];
        for (int i = 0; i < inputs.Length; i++) layer.Rows.Inputs[i] = inputs[i];
        for (int i = 1; i < _layers.Length; i++)
        {
            VectorLayer next = _layers[i];
            layer.StepOne(state, next.Rows.Inputs);
            layer = next;
        }

        layer.StepOne(state, _outputs.Pointer);
        for (int i = 0; i < outputs.Length; i++) outputs[i] = _outputs.Pointer[i];
    }

    private void StepGroup(in StreamGroup group, float* inputs, float* outputs)
    {
        StreamRows first = _layers[0].Rows;
        Copy(inputs, _inputCount, first.Inputs, first.Stride, _inputCount, group.Count);
        for (int i = 0; i + 1 < _layers.Length; i++)
            _layers[i].Step(group, _layers[i + 1].Rows.Inputs, _layers[i + 1].Rows.Stride);
        if (_layers[^1].WritesExactly)
        {
            _layers[^1].Step(group, outputs, _outputCount);
            return;
        }

        _layers[^1].Step(group, _outputs.Pointer, _stride);
        Copy(_outputs.Pointer, _stride, outputs, _outputCount, _outputCount, group.Count);
    }

    private static void Copy(float* from, nint fromStride, float* to, nint toStride, nint floats, int rows)
    {
        for (; rows > 0; rows--, from += fromStride, to += toStride)
        {
            nint i = 0;
            for (; i <= floats - 4; i += 4) Vector128.Load(from + i).Store(to + i);
            for (; i < floats; i++) to[i] = from[i];
        }
    }

    /// <summary>Vectors of 16 would be half empty in a small cell; the bits are the same.</summary>
    private static VectorLayer Build(Layer layer, StateLayout layout) =>
        TLanes.Width > Lanes256.Width && layer is RecurrentLayer && layer.Outputs <= Lanes256.Width
            ? Build<Lanes256, Vector256<float>>(layer, layout)
            : Build<TLanes, TVector>(layer, layout);

    private static VectorLayer Build<TOf, TOfVector>(Layer layer, StateLayout layout)
        where TOf : struct, ILanes<TOfVector>
        where TOfVector : unmanaged => layer switch
    {
        RnnLayer rnn => new RnnVector<TOf, TOfVector>(rnn, layout.StartOf(rnn, "h")),
        GruLayer { ResetAfter: true } gru => new GruVector<TOf, TOfVector>(gru, layout.StartOf(gru, "h")),
        GruLayer gru => new GruResetBeforeVector<TOf, TOfVector>(gru, layout.StartOf(gru, "h")),
        LstmLayer lstm => new LstmVector<TOf, TOfVector>(
            lstm, layout.StartOf(lstm, "h"), layout.StartOf(lstm, "c")),
        DenseLayer dense => new DenseVector<TOf, TOfVector>(dense),
        EmbeddingLayer embedding => new EmbeddingVector(embedding),
        _ => throw new NotSupportedException($"layer kind '{layer.Kind}'"),
    };
}
