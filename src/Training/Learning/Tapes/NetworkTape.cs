using Realtime.Cells.States;
using Realtime.Training.Learning.Losses;

namespace Realtime.Training.Learning.Tapes;

/// <summary>
/// A share of a batch's rows through all layers and back. It has a gradient of its own, so that shares can go at the
/// same time.
/// </summary>
internal sealed unsafe class NetworkTape : IDisposable
{
    private readonly LayerTape[] _layers;
    private readonly AlignedFloats _inputs;
    private readonly AlignedFloats[] _deltas;
    private readonly AlignedFloats _gradient;
    private readonly Loss _loss;
    private readonly int _firstRow;
    private readonly int _rows;

    /// <param name="weights">Of all layers, shared with other tapes.</param>
    /// <param name="loss">What is made small.</param>
    /// <param name="recurrentDropout">See <see cref="RecurrentTape{TLanes,TVector}"/>.</param>
    /// <param name="firstRow">The share's first row of the batch.</param>
    /// <param name="rows">The share's rows.</param>
    /// <param name="steps">The longest window.</param>
    public NetworkTape(Weights weights, Loss loss, double recurrentDropout, int firstRow, int rows, int steps)
    {
        (_loss, _firstRow, _rows) = (loss, firstRow, rows);
        _layers = new LayerTape[weights.Layers.Count];
        _deltas = new AlignedFloats[_layers.Length];
        for (var i = 0; i < _layers.Length; i++)
        {
            var givesSums = loss.TakesSums && i == _layers.Length - 1;
            _layers[i] = TapeFactory.Make(weights, i, givesSums, recurrentDropout, rows, steps);
            _deltas[i] = new AlignedFloats((long)steps * rows * _layers[i].OutputStride);
        }
        _inputs = new AlignedFloats((long)steps * rows * _layers[0].InputStride);
        _gradient = new AlignedFloats(weights.Count);
    }

    /// <summary>The sum over the share's targets, not divided by their number; laid out as the weights.</summary>
    public ReadOnlySpan<float> Gradient => _gradient.Span(0, (int)_gradient.Count);

    /// <summary>The head's outputs of the last pass, [step][row of the share][unit], padded.</summary>
    public float* Outputs { get; private set; }

    public int OutputStride => _layers[^1].OutputStride;

    /// <summary>Through the window, and back where a gradient is wanted.</summary>
    public LossSum Run(Batch batch, in Pass pass, bool wantsGradient)
    {
        CopyInputs(batch);
        for (var row = 0; row < _rows; row++)
        {
            if (pass.Carries && batch.Resets[_firstRow + row])
            {
                Reset(row);
            }
        }
        var x = _inputs.Pointer;
        foreach (var layer in _layers)
        {
            x = layer.Forward(x, batch.Steps, pass);
        }
        Outputs = x;
        var sum = Score(batch);
        if (wantsGradient)
        {
            Backward(batch.Steps);
        }
        return sum;
    }

    public void Dispose()
    {
        foreach (var layer in _layers)
        {
            layer.Dispose();
        }
        foreach (var delta in _deltas)
        {
            delta.Dispose();
        }
        _inputs.Dispose();
        _gradient.Dispose();
    }

    private void Reset(int row)
    {
        foreach (var layer in _layers)
        {
            layer.Reset(row);
        }
    }

    private void CopyInputs(Batch batch)
    {
        var to = _inputs.Pointer;
        for (var step = 0; step < batch.Steps; step++)
        {
            for (var row = 0; row < _rows; row++, to += _layers[0].InputStride)
            {
                batch.InputsAt(step, _firstRow + row).CopyTo(new Span<float>(to, batch.InputCount));
            }
        }
    }

    private LossSum Score(Batch batch)
    {
        var sum = new LossSum();
        int outputs = _layers[^1].Outputs, stride = OutputStride;
        float* y = Outputs, delta = _deltas[^1].Pointer;
        for (var step = 0; step < batch.Steps; step++)
        {
            for (var row = 0; row < _rows; row++, y += stride, delta += stride)
            {
                _loss.Add(new(y, outputs), batch.TargetsAt(step, _firstRow + row), new(delta, outputs), ref sum);
            }
        }
        return sum;
    }

    private void Backward(int steps)
    {
        _gradient.Span(0, (int)_gradient.Count).Clear();
        for (var i = _layers.Length - 1; i >= 0; i--)
        {
            var before = i > 0 ? _deltas[i - 1].Pointer : null;
            _layers[i].Backward(_deltas[i].Pointer, before, _gradient.Pointer, steps);
        }
    }
}
