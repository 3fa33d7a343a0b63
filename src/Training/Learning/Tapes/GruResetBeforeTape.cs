using Realtime.Cells.Vectors;

namespace Realtime.Training.Learning.Tapes;

/// <summary>
/// The gated recurrent unit whose reset comes before the product (K. Cho et al., EMNLP 2014): r, z = σ(a_r), σ(a_z);
/// s = r∘h; n = tanh(W_in x + b_in + W_hn s + b_hn); h' = (1 − z)∘n + z∘h.
/// </summary>
/// <remarks>
/// Back: δa_n and δa_z as of <see cref="GruTape{TLanes,TVector}"/>; δs = W_hnᵀ δa_n, δa_r = δs∘h∘r∘(1 − r);
/// δh = δh'∘z + δs∘r + W_hrᵀ δa_r + W_hzᵀ δa_z.
/// </remarks>
internal sealed unsafe class GruResetBeforeTape<TLanes, TVector> : RecurrentTape<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    private readonly int _units;
    private readonly float* _bias;
    private readonly float* _gates;
    private readonly float* _reset;
    private readonly float* _resetDelta;
    private float* _x;

    public GruResetBeforeTape(Weights weights, int layer, double dropRate, int rows, int steps)
        : base(weights, layer, dropRate, rows, steps)
    {
        _units = OutputStride;
        _bias = Allocate(3 * _units);
        _gates = Allocate((long)steps * 3 * Block);
        _reset = Allocate((long)steps * Block);
        _resetDelta = Allocate(Block);
    }

    protected override void Through(float* x, int steps, in Pass pass)
    {
        _x = x;
        SumBiases(_bias);
        AddInputs(x, steps, _gates, _bias);
        for (var t = 0; t < steps; t++)
        {
            float* a = _gates + (nint)t * 3 * Block, s = _reset + (nint)t * Block, h = Seen(t);
            AddHidden(h, a, 3 * _units, 0, 2 * _units, a);
            Reset(a, h, s);
            AddHidden(s, a + 2 * _units, 3 * _units, 2 * _units, _units, a + 2 * _units);
            Blend(a, Hidden.Before(t), Hidden.Before(t + 1));
        }
    }

    public override void Backward(float* delta, float* inputDelta, float* gradient, int steps)
    {
        for (var t = steps - 1; t >= 0; t--)
        {
            float* a = _gates + (nint)t * 3 * Block, d = delta + (nint)t * Block;
            float* earlier = t > 0 ? d - Block : null;
            BlendBack(a, Hidden.Before(t), d, earlier);
            Products<TLanes, TVector>.Multiply(Rows, _units, _units, a + 2 * _units, 3 * _units, 1,
                Weights.At(WeightHh) + (nint)2 * _units * _units, _units, _resetDelta, _units, null);
            ResetBack(a, SeenByAll + (nint)t * Block);
            if (t > 0)
            {
                AddMasked(_resetDelta, earlier);
                BackToHidden(a, 3 * _units, 0, 2 * _units, earlier);
            }
        }
        BackToRecurrent(_gates, 3 * _units, 0, 2 * _units, SeenByAll, gradient, steps);
        BackToRecurrent(_gates + 2 * _units, 3 * _units, 2 * _units, _units, _reset, gradient, steps);
        BackToInputs(_x, _gates, inputDelta, gradient, steps);
    }

    // The sums of r and z become them.
    private void Reset(float* a, float* h, float* s)
    {
        var powers = new Powers<TLanes, TVector>(PowerConstants.Pointer);
        for (var row = 0; row < Rows; row++, a += 3 * _units, h += _units, s += _units)
        {
            for (var j = 0; j < _units; j += TLanes.Width)
            {
                var r = Gates<TLanes, TVector>.Sigmoid(powers, TLanes.Load(a + j));
                var z = Gates<TLanes, TVector>.Sigmoid(powers, TLanes.Load(a + _units + j));
                TLanes.Store(r, a + j);
                TLanes.Store(z, a + _units + j);
                TLanes.Store(TLanes.Multiply(r, TLanes.Load(h + j)), s + j);
            }
        }
    }

    // The sum of n becomes it.
    private void Blend(float* a, float* before, float* after)
    {
        var powers = new Powers<TLanes, TVector>(PowerConstants.Pointer);
        for (var row = 0; row < Rows; row++, a += 3 * _units, before += _units, after += _units)
        {
            for (var j = 0; j < _units; j += TLanes.Width)
            {
                var n = Gates<TLanes, TVector>.Tanh(powers, TLanes.Load(a + 2 * _units + j));
                TLanes.Store(n, a + 2 * _units + j);
                var carried = TLanes.Subtract(TLanes.Load(before + j), n);
                TLanes.Store(TLanes.MultiplyAdd(TLanes.Load(a + _units + j), carried, n), after + j);
            }
        }
    }

    private void BlendBack(float* a, float* h, float* d, float* earlier)
    {
        var one = TLanes.All(1);
        for (var i = 0; i < Block; i += TLanes.Width)
        {
            var at = a + (nint)(i / _units) * 3 * _units + i % _units;
            TVector z = TLanes.Load(at + _units), n = TLanes.Load(at + 2 * _units), delta = TLanes.Load(d + i);
            var dn = TLanes.Multiply(delta, TLanes.Subtract(one, z));
            var dz = TLanes.Multiply(delta, TLanes.Subtract(TLanes.Load(h + i), n));
            TLanes.Store(Gates<TLanes, TVector>.SigmoidBack(z, dz), at + _units);
            TLanes.Store(Gates<TLanes, TVector>.TanhBack(n, dn), at + 2 * _units);
            if (earlier != null)
            {
                TLanes.Store(TLanes.MultiplyAdd(delta, z, TLanes.Load(earlier + i)), earlier + i);
            }
        }
    }

    // From δs to δa_r and δs∘r.
    private void ResetBack(float* a, float* seen)
    {
        for (var i = 0; i < Block; i += TLanes.Width)
        {
            var at = a + (nint)(i / _units) * 3 * _units + i % _units;
            TVector r = TLanes.Load(at), delta = TLanes.Load(_resetDelta + i);
            var dr = TLanes.Multiply(delta, TLanes.Load(seen + i));
            TLanes.Store(Gates<TLanes, TVector>.SigmoidBack(r, dr), at);
            TLanes.Store(TLanes.Multiply(delta, r), _resetDelta + i);
        }
    }
}
