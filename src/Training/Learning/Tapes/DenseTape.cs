using Realtime.Cells;
using Realtime.Cells.Vectors;

namespace Realtime.Training.Learning.Tapes;

/// <summary>
/// y = act(a), a = W x + b. Back: δa = δy act'(a), for softmax y∘(δy − yᵀδy); δW = δa xᵀ, δx = Wᵀ δa. A head may be
/// left without its activation, where the loss takes the sums.
/// </summary>
internal sealed unsafe class DenseTape<TLanes, TVector> : LayerTape
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    private readonly Weights _weights;
    private readonly WeightBlock _weight;
    private readonly WeightBlock _bias;
    private readonly Activation _activation;
    private readonly float* _y;
    private float* _x;

    public DenseTape(Weights weights, int layer, bool givesSums, int rows, int steps)
        : base(rows, weights.Layers[layer].Inputs, weights.Layers[layer].Outputs)
    {
        _weights = weights;
        _weight = weights.BlocksOf(layer)[0];
        _bias = weights.BlocksOf(layer)[1];
        _activation = givesSums ? Activation.Linear : ((DenseLayer)weights.Layers[layer]).Activation;
        _y = Allocate((long)steps * rows * OutputStride);
    }

    public override float* Forward(float* x, int steps, in Pass pass)
    {
        _x = x;
        Products<TLanes, TVector>.Multiply(steps * Rows, OutputStride, Inputs, x, InputStride, 1,
            _weights.TransposedAt(_weight), OutputStride, _y, OutputStride, _weights.At(_bias));
        for (var row = 0; _activation != Activation.Linear && row < steps * Rows; row++)
        {
            Activate(_y + (nint)row * OutputStride);
        }
        return _y;
    }

    public override void Backward(float* delta, float* inputDelta, float* gradient, int steps)
    {
        var rows = steps * Rows;
        for (var row = 0; _activation != Activation.Linear && row < rows; row++)
        {
            ActivateBack(_y + (nint)row * OutputStride, delta + (nint)row * OutputStride);
        }
        var weight = gradient + _weight.Offset;
        Products<TLanes, TVector>.Multiply(
            OutputStride, InputStride, rows, delta, 1, OutputStride, _x, InputStride, weight, InputStride, weight);
        Products<TLanes, TVector>.AddRows(rows, OutputStride, delta, OutputStride, gradient + _bias.Offset);
        if (inputDelta != null)
        {
            Products<TLanes, TVector>.Multiply(rows, InputStride, Outputs, delta, OutputStride, 1,
                _weights.At(_weight), InputStride, inputDelta, InputStride, null);
        }
    }

    private void Activate(float* y)
    {
        if (_activation == Activation.Softmax)
        {
            Softmax.Of(new(y, Outputs));
        }
        else
        {
            for (var j = 0; j < OutputStride; j += TLanes.Width)
            {
                TLanes.Store(LaneMath<TLanes, TVector>.Apply(_activation, TLanes.Load(y + j)), y + j);
            }
        }
        new Span<float>(y + Outputs, OutputStride - Outputs).Clear();
    }

    private void ActivateBack(float* y, float* delta)
    {
        var dot = 0f;
        for (var j = 0; _activation == Activation.Softmax && j < Outputs; j++)
        {
            dot += y[j] * delta[j];
        }
        for (var j = 0; j < Outputs; j++)
        {
            delta[j] *= _activation switch
            {
                Activation.Sigmoid => y[j] * (1 - y[j]),
                Activation.Tanh => 1 - y[j] * y[j],
                Activation.Relu => y[j] > 0 ? 1 : 0,
                _ => 1,
            };
            delta[j] = _activation == Activation.Softmax ? y[j] * (delta[j] - dot) : delta[j];
        }
    }
}
