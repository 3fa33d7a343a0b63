namespace Realtime.Cells.Vectors;

/// <summary>
/// The gated recurrent unit with the reset before the product; see <see cref="Scalar.GruScalar"/>. W_hn (r∘h) needs r
/// of every unit, hence a product in two parts. h' is taken as n + z∘(h − n).
/// </summary>
internal sealed unsafe class GruResetBeforeVector<TLanes, TVector> : VectorLayer
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    private readonly PackedMatrix _ofInputs;
    private readonly PackedMatrix _ofHidden;
    private readonly PackedMatrix _ofReset;
    private readonly ProductScratch<TLanes, TVector> _x;
    private readonly ProductScratch<TLanes, TVector> _h;
    private readonly ProductScratch<TLanes, TVector> _reset;
    private readonly ProductScratch<TLanes, TVector> _n;
    private readonly int _start;

    /// <param name="layer">Description and weights.</param>
    /// <param name="start">First float of h in a state row.</param>
    public GruResetBeforeVector(GruLayer layer, int start)
    {
        int units = layer.Hidden, gates = 2 * units;
        ReadOnlySpan<float> weight = layer.WeightHh.Span, bias = layer.BiasHh.Span;
        _ofInputs = new PackedMatrix(layer.WeightIh.Span, layer.BiasIh.Span, units, TLanes.Width);
        _ofHidden = new PackedMatrix(weight[..(gates * units)], bias[..gates], units, TLanes.Width);
        _ofReset = new PackedMatrix(weight[(gates * units)..], bias[gates..], units, TLanes.Width);
        _x = new ProductScratch<TLanes, TVector>(_ofInputs.Vectors);
        _h = new ProductScratch<TLanes, TVector>(_ofHidden.Vectors);
        _reset = new ProductScratch<TLanes, TVector>(_ofReset.Vectors);
        _n = new ProductScratch<TLanes, TVector>(_ofReset.Vectors);
        _start = start;
    }

    public override void Step(in StreamGroup group)
    {
        _x.OfInputs(_ofInputs, group);
        _h.OfStates(_ofHidden, group, _start);
        for (int m = 0; m < group.Count; m++) Reset(_x.Of(m), _h.Of(m), group.States[m] + _start, _reset.Of(m));
        _n.OfScratch(_ofReset, _reset, group.Count);
        for (int m = 0; m < group.Count; m++)
            Update(_x.Of(m), _h.Of(m), _n.Of(m), group.States[m] + _start, group.Y + m * group.Stride);
    }

    public override void Dispose()
    {
        _ofInputs.Dispose();
        _ofHidden.Dispose();
        _ofReset.Dispose();
        _x.Dispose();
        _h.Dispose();
        _reset.Dispose();
        _n.Dispose();
    }

    private void Reset(float* x, float* h, float* state, float* reset)
    {
        float* end = x + _ofInputs.GateVectors * TLanes.Width;
        for (; x < end; x += TLanes.Width, h += TLanes.Width, state += TLanes.Width, reset += TLanes.Width)
        {
            TVector r = LaneMath<TLanes, TVector>.Sigmoid(TLanes.Add(TLanes.Load(x), TLanes.Load(h)));
            TLanes.Store(TLanes.Multiply(r, TLanes.Load(state)), reset);
        }
    }

    private void Update(float* x, float* h, float* hn, float* state, float* y)
    {
        int gate = _ofInputs.GateVectors * TLanes.Width;
        float* end = x + gate;
        for (; x < end; x += TLanes.Width, h += TLanes.Width, hn += TLanes.Width, state += TLanes.Width,
             y += TLanes.Width)
        {
            TVector z = LaneMath<TLanes, TVector>.Sigmoid(TLanes.Add(TLanes.Load(x + gate), TLanes.Load(h + gate)));
            TVector n = LaneMath<TLanes, TVector>.Tanh(TLanes.Add(TLanes.Load(x + 2 * gate), TLanes.Load(hn)));
            TVector next = TLanes.MultiplyAdd(z, TLanes.Subtract(TLanes.Load(state), n), n);
            TLanes.Store(next, state);
            TLanes.Store(next, y);
        }
    }
}
