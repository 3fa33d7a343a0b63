namespace Realtime.Cells.Vectors;

/// <summary>The long short-term memory cell; see <see cref="Scalar.LstmScalar"/>.</summary>
internal sealed unsafe class LstmVector<TLanes, TVector> : VectorLayer
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    private readonly PackedMatrix _ofInputs;
    private readonly PackedMatrix _ofHidden;
    private readonly ProductScratch<TLanes, TVector> _x;
    private readonly ProductScratch<TLanes, TVector> _h;
    private readonly int _startH;
    private readonly int _startC;

    /// <param name="layer">Description and weights.</param>
    /// <param name="startH">First float of h in a state row.</param>
    /// <param name="startC">First float of c in a state row.</param>
    public LstmVector(LstmLayer layer, int startH, int startC)
    {
        _ofInputs = new PackedMatrix(layer.WeightIh.Span, layer.BiasIh.Span, layer.Hidden, TLanes.Width);
        _ofHidden = new PackedMatrix(layer.WeightHh.Span, layer.BiasHh.Span, layer.Hidden, TLanes.Width);
        _x = new ProductScratch<TLanes, TVector>(_ofInputs.Vectors);
        _h = new ProductScratch<TLanes, TVector>(_ofHidden.Vectors);
        _startH = startH;
        _startC = startC;
    }

    public override void Step(in StreamGroup group)
    {
        _x.OfInputs(_ofInputs, group);
        _h.OfStates(_ofHidden, group, _startH);
        for (int m = 0; m < group.Count; m++)
        {
            float* state = group.States[m];
            Update(_x.Of(m), _h.Of(m), state + _startH, state + _startC, group.Y + m * group.Stride);
        }
    }

    public override void Dispose()
    {
        _ofInputs.Dispose();
        _ofHidden.Dispose();
        _x.Dispose();
        _h.Dispose();
    }

    private void Update(float* x, float* h, float* stateH, float* stateC, float* y)
    {
        int gate = _ofInputs.GateVectors * TLanes.Width;
        float* end = x + gate;
        for (; x < end; x += TLanes.Width, h += TLanes.Width, stateH += TLanes.Width, stateC += TLanes.Width,
             y += TLanes.Width)
        {
            TVector i = LaneMath<TLanes, TVector>.Sigmoid(Sum(x, h, 0));
            TVector f = LaneMath<TLanes, TVector>.Sigmoid(Sum(x, h, gate));
            TVector g = LaneMath<TLanes, TVector>.Tanh(Sum(x, h, 2 * gate));
            TVector o = LaneMath<TLanes, TVector>.Sigmoid(Sum(x, h, 3 * gate));
            TVector c = TLanes.MultiplyAdd(f, TLanes.Load(stateC), TLanes.Multiply(i, g));
            TVector next = TLanes.Multiply(o, LaneMath<TLanes, TVector>.Tanh(c));
            TLanes.Store(c, stateC);
            TLanes.Store(next, stateH);
            TLanes.Store(next, y);
        }
    }

    private static TVector Sum(float* x, float* h, int at) => TLanes.Add(TLanes.Load(x + at), TLanes.Load(h + at));
}
