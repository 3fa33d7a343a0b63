namespace Realtime.Cells.Vectors;

/// <summary>
/// The gated recurrent unit with the reset after the product; see <see cref="Scalar.GruScalar"/>. h' is taken as
/// n + z∘(h − n).
/// </summary>
internal sealed unsafe class GruVector<TLanes, TVector> : VectorLayer
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    private readonly PackedMatrix _ofInputs;
    private readonly PackedMatrix _ofHidden;
    private readonly ProductScratch<TLanes, TVector> _x;
    private readonly ProductScratch<TLanes, TVector> _h;
    private readonly int _start;

    /// <param name="layer">Description and weights.</param>
    /// <param name="start">First float of h in a state row.</param>
    public GruVector(GruLayer layer, int start)
    {
        _ofInputs = new PackedMatrix(layer.WeightIh.Span, layer.BiasIh.Span, layer.Hidden, TLanes.Width);
        _ofHidden = new PackedMatrix(layer.WeightHh.Span, layer.BiasHh.Span, layer.Hidden, TLanes.Width);
        _x = new ProductScratch<TLanes, TVector>(_ofInputs.Vectors);
        _h = new ProductScratch<TLanes, TVector>(_ofHidden.Vectors);
        _start = start;
    }

    public override void Step(in StreamGroup group)
    {
        _x.OfInputs(_ofInputs, group);
        _h.OfStates(_ofHidden, group, _start);
        for (int m = 0; m < group.Count; m++)
            Update(_x.Of(m), _h.Of(m), group.States[m] + _start, group.Y + m * group.Stride);
    }

    public override void Dispose()
    {
        _ofInputs.Dispose();
        _ofHidden.Dispose();
        _x.Dispose();
        _h.Dispose();
    }

    private void Update(float* x, float* h, float* state, float* y)
    {
        int gate = _ofInputs.GateVectors * TLanes.Width;
        float* end = x + gate;
        for (; x < end; x += TLanes.Width, h += TLanes.Width, state += TLanes.Width, y += TLanes.Width)
        {
            TVector r = LaneMath<TLanes, TVector>.Sigmoid(TLanes.Add(TLanes.Load(x), TLanes.Load(h)));
            TVector z = LaneMath<TLanes, TVector>.Sigmoid(TLanes.Add(TLanes.Load(x + gate), TLanes.Load(h + gate)));
            TVector n = LaneMath<TLanes, TVector>.Tanh(
                TLanes.MultiplyAdd(r, TLanes.Load(h + 2 * gate), TLanes.Load(x + 2 * gate)));
            TVector next = TLanes.MultiplyAdd(z, TLanes.Subtract(TLanes.Load(state), n), n);
            TLanes.Store(next, state);
            TLanes.Store(next, y);
        }
    }
}
