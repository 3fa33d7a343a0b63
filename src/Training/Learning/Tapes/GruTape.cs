using Realtime.Cells.Vectors;

namespace Realtime.Training.Learning.Tapes;

/// <summary>
/// The gated recurrent unit whose reset comes after the product (K. Cho et al., EMNLP 2014, in cuDNN's form):
/// r, z = σ(a_r), σ(a_z); q = W_hn h + b_hn; n = tanh(W_in x + b_in + r∘q); h' = (1 − z)∘n + z∘h.
/// </summary>
/// <remarks>
/// Back: δn = δh'∘(1 − z), δz = δh'∘(h − n), δa_n = δn∘(1 − n²), δq = δa_n∘r, δr = δa_n∘q, δa_r = δr∘r∘(1 − r),
/// δa_z = δz∘z∘(1 − z); δh = δh'∘z + W_hrᵀ δa_r + W_hzᵀ δa_z + W_hnᵀ δq.
/// </remarks>
internal sealed unsafe class GruTape<TLanes, TVector> : RecurrentTape<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    private readonly int _units;
    private readonly float* _bias;
    private readonly float* _gates;
    private readonly float* _products;
    private float* _x;

    public GruTape(Weights weights, int layer, double dropRate, int rows, int steps)
        : base(weights, layer, dropRate, rows, steps)
    {
        _units = OutputStride;
        _bias = Allocate(3 * _units);
        _gates = Allocate((long)steps * 3 * Block);
        _products = Allocate((long)steps * Block);
    }

    protected override void Through(float* x, int steps, in Pass pass)
    {
        _x = x;
        float* ih = Weights.At(BiasIh), hh = Weights.At(BiasHh);
        for (var j = 0; j < 3 * _units; j++)
        {
            _bias[j] = ih[j] + (j < 2 * _units ? hh[j] : 0);
        }
        AddInputs(x, steps, _gates, _bias);
        for (var t = 0; t < steps; t++)
        {
            float* a = _gates + (nint)t * 3 * Block, q = _products + (nint)t * Block, h = Seen(t);
            AddHidden(h, a, 3 * _units, 0, 2 * _units, a);
            AddHidden(h, q, _units, 2 * _units, _units, hh + 2 * _units);
            StepForward(a, q, Hidden.Before(t), Hidden.Before(t + 1));
        }
    }

    public override void Backward(float* delta, float* inputDelta, float* gradient, int steps)
    {
        for (var t = steps - 1; t >= 0; t--)
        {
            float* a = _gates + (nint)t * 3 * Block, q = _products + (nint)t * Block, d = delta + (nint)t * Block;
            StepBack(a, q, Hidden.Before(t), d, t > 0 ? d - Block : null);
            if (t > 0)
            {
                BackToHidden(a, 3 * _units, 0, 2 * _units, d - Block);
                BackToHidden(q, _units, 2 * _units, _units, d - Block);
            }
        }
        BackToRecurrent(_gates, 3 * _units, 0, 2 * _units, SeenByAll, gradient, steps);
        BackToRecurrent(_products, _units, 2 * _units, _units, SeenByAll, gradient, steps);
        BackToInputs(_x, _gates, inputDelta, gradient, steps);
    }

    // The sums in a become r, z, n.
    private void StepForward(float* a, float* q, float* before, float* after)
    {
        var powers = new Powers<TLanes, TVector>(PowerConstants.Pointer);
        for (var row = 0; row < Rows; row++, a += 3 * _units, q += _units, before += _units, after += _units)
        {
            for (var j = 0; j < _units; j += TLanes.Width)
            {
                var r = Gates<TLanes, TVector>.Sigmoid(powers, TLanes.Load(a + j));
                var z = Gates<TLanes, TVector>.Sigmoid(powers, TLanes.Load(a + _units + j));
                var sum = TLanes.MultiplyAdd(r, TLanes.Load(q + j), TLanes.Load(a + 2 * _units + j));
                var n = Gates<TLanes, TVector>.Tanh(powers, sum);
                TLanes.Store(r, a + j);
                TLanes.Store(z, a + _units + j);
                TLanes.Store(n, a + 2 * _units + j);
                TLanes.Store(TLanes.MultiplyAdd(z, TLanes.Subtract(TLanes.Load(before + j), n), n), after + j);
            }
        }
    }

    // r, z, n in a become the derivatives by their sums, q that by q; δh'∘z goes to the step before.
    private void StepBack(float* a, float* q, float* h, float* d, float* earlier)
    {
        var one = TLanes.All(1);
        for (var i = 0; i < Block; i += TLanes.Width)
        {
            var at = a + (nint)(i / _units) * 3 * _units + i % _units;
            TVector r = TLanes.Load(at), z = TLanes.Load(at + _units), n = TLanes.Load(at + 2 * _units);
            TVector delta = TLanes.Load(d + i), product = TLanes.Load(q + i);
            var dn = Gates<TLanes, TVector>.TanhBack(n, TLanes.Multiply(delta, TLanes.Subtract(one, z)));
            var dz = TLanes.Multiply(delta, TLanes.Subtract(TLanes.Load(h + i), n));
            TLanes.Store(Gates<TLanes, TVector>.SigmoidBack(r, TLanes.Multiply(dn, product)), at);
            TLanes.Store(Gates<TLanes, TVector>.SigmoidBack(z, dz), at + _units);
            TLanes.Store(dn, at + 2 * _units);
            TLanes.Store(TLanes.Multiply(dn, r), q + i);
            if (earlier != null)
            {
                TLanes.Store(TLanes.MultiplyAdd(delta, z, TLanes.Load(earlier + i)), earlier + i);
            }
        }
    }
}
