using Realtime.Cells;
using Realtime.Cells.Scalar;
using Realtime.Cells.Vectors;

namespace Realtime.Training.Learning.Tapes;

/// <summary>
/// h' = act(a), a = W_ih x + b_ih + W_hh h + b_hh. Back: δa = δh' (1 − h'²) for tanh, δh' where h' > 0 for relu;
/// δh = W_hhᵀ δa.
/// </summary>
internal sealed unsafe class RnnTape<TLanes, TVector> : RecurrentTape<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    private readonly bool _relu;
    private readonly float* _bias;
    private float* _x;

    public RnnTape(Weights weights, int layer, double dropRate, int rows, int steps)
        : base(weights, layer, dropRate, rows, steps)
    {
        _relu = ((RnnLayer)weights.Layers[layer]).Activation == Activation.Relu;
        _bias = Allocate(OutputStride);
    }

    // The sums lie where the states will be.
    protected override void Through(float* x, int steps, in Pass pass)
    {
        _x = x;
        SumBiases(_bias);
        AddInputs(x, steps, Hidden.Before(1), _bias);
        var powers = new Powers<TLanes, TVector>(PowerConstants.Pointer);
        for (var t = 0; t < steps; t++)
        {
            var h = Hidden.Before(t + 1);
            AddHidden(Seen(t), h, OutputStride, 0, OutputStride, h);
            for (var i = 0; i < Block; i += TLanes.Width)
            {
                var sum = TLanes.Load(h + i);
                TLanes.Store(_relu ? TLanes.Clamp(sum, TLanes.All(0), TLanes.All(Activations.Limit))
                    : Gates<TLanes, TVector>.Tanh(powers, sum), h + i);
            }
        }
    }

    public override void Backward(float* delta, float* inputDelta, float* gradient, int steps)
    {
        for (var t = steps - 1; t >= 0; t--)
        {
            float* a = delta + (nint)t * Block, h = Hidden.Before(t + 1);
            for (var i = 0; i < Block; i += TLanes.Width)
            {
                TVector y = TLanes.Load(h + i), d = TLanes.Load(a + i);
                TLanes.Store(_relu ? ReluBack(y, d) : Gates<TLanes, TVector>.TanhBack(y, d), a + i);
            }
            if (t > 0)
            {
                BackToHidden(a, OutputStride, 0, OutputStride, a - Block);
            }
        }
        BackToRecurrent(delta, OutputStride, 0, OutputStride, SeenByAll, gradient, steps);
        BackToInputs(_x, delta, inputDelta, gradient, steps);
    }

    // 1 where y > 0: y times the largest float, limited to 1, is it for every y that matters.
    private static TVector ReluBack(TVector y, TVector delta) => TLanes.Multiply(
        delta, TLanes.Clamp(TLanes.Multiply(y, TLanes.All(float.MaxValue)), TLanes.All(0), TLanes.All(1)));
}
