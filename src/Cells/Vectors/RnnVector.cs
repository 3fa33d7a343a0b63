namespace Realtime.Cells.Vectors;

/// <summary>h' = act(W_ih x + b_ih + W_hh h + b_hh); see <see cref="Scalar.RnnScalar"/>.</summary>
internal sealed unsafe class RnnVector<TLanes, TVector> : VectorLayer
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    private readonly PackedMatrix _ofInputs;
    private readonly PackedMatrix _ofHidden;
    private readonly ProductScratch<TLanes, TVector> _x;
    private readonly ProductScratch<TLanes, TVector> _h;
    private readonly Activation _activation;
    private readonly int _start;

    /// <param name="layer">Description and weights.</param>
    /// <param name="start">First float of h in a state row.</param>
    public RnnVector(RnnLayer layer, int start)
    {
        _ofInputs = new PackedMatrix(layer.WeightIh.Span, layer.BiasIh.Span, layer.Hidden, TLanes.Width);
        _ofHidden = new PackedMatrix(layer.WeightHh.Span, layer.BiasHh.Span, layer.Hidden, TLanes.Width);
        _x = new ProductScratch<TLanes, TVector>(_ofInputs.Vectors);
        _h = new ProductScratch<TLanes, TVector>(_ofHidden.Vectors);
        _activation = layer.Activation;
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
        float* end = x + _ofInputs.GateVectors * TLanes.Width;
        for (; x < end; x += TLanes.Width, h += TLanes.Width, state += TLanes.Width, y += TLanes.Width)
        {
            TVector sum = TLanes.Add(TLanes.Load(x), TLanes.Load(h));
            TVector next = _activation == Activation.Tanh
                ? LaneMath<TLanes, TVector>.Tanh(sum)
                : LaneMath<TLanes, TVector>.Apply(Activation.Relu, sum);
            TLanes.Store(next, state);
            TLanes.Store(next, y);
        }
    }
}
