namespace Realtime.Cells.Vectors;

/// <summary>h' = act(W_ih x + b_ih + W_hh h + b_hh); see <see cref="Scalar.RnnScalar"/>.</summary>
internal sealed unsafe class RnnVector<TLanes, TVector> : VectorLayer
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    private readonly PlainSums<TLanes, TVector> _sums;
    private readonly Activation _activation;
    private readonly int _start;

    /// <param name="layer">Description and weights.</param>
    /// <param name="start">First float of h in a state row.</param>
    public RnnVector(RnnLayer layer, int start)
        : base(new StreamRows(layer.Inputs, layer.Hidden))
    {
        ReadOnlyMemory<float> weightIh = layer.WeightIh, weightHh = layer.WeightHh;
        ReadOnlyMemory<float> biasIh = layer.BiasIh, biasHh = layer.BiasHh;
        int inputs = layer.Inputs, hidden = layer.Hidden;
        bool tanh = layer.Activation == Activation.Tanh;
        float Scaled(float value) => tanh ? PowerScale.Of(tanh, value) : value;
        _sums = new PlainSums<TLanes, TVector>(hidden, inputs + hidden,
            (_, unit, column) => Scaled(column < inputs
                ? weightIh.Span[unit * inputs + column]
                : weightHh.Span[unit * hidden + column - inputs]),
            (_, unit) => Scaled(biasIh.Span[unit] + biasHh.Span[unit]));
        _activation = layer.Activation;
        _start = start;
    }

    public override void Step(in StreamGroup group, float* y, nint stride)
    {
        for (int at = 0; at < group.Count;)
        {
            int count = PlainSums<TLanes, TVector>.Next(group.Count - at);
            Rows.Gather(group, at, count, _start);
            _sums.Multiply(Rows.Inputs + at * Rows.Stride, Rows.Stride, count);
            for (int m = 0; m < count; m++, at++) Update(_sums.Of(m), group.States[at] + _start, y + at * stride);
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        _sums.Dispose();
    }

    private void Update(float* sums, float* state, float* y)
    {
        var powers = new Powers<TLanes, TVector>(PowerConstants.Pointer);
        for (float* end = sums + _sums.Floats; sums < end; sums += TLanes.Width)
        {
            TVector next = _activation == Activation.Tanh
                ? LaneMath<TLanes, TVector>.TanhOf(powers.Of(TLanes.Load(sums)))
                : LaneMath<TLanes, TVector>.Apply(Activation.Relu, TLanes.Load(sums));
            TLanes.Store(next, state);
            TLanes.Store(next, y);
            state += TLanes.Width;
            y += TLanes.Width;
        }
    }
}
