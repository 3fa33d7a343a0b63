namespace Realtime.Cells.Vectors;

/// <summary>
/// The gated recurrent unit with the reset before the product; see <see cref="Scalar.GruScalar"/>. W_hn (r∘h) needs r
/// of every unit, hence a product in two parts: r and z, then n with r∘h in the place of h.
/// </summary>
internal sealed unsafe class GruResetBeforeVector<TLanes, TVector> : VectorLayer
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>r, and from the next whole vector on z.</summary>
    private readonly PlainSums<TLanes, TVector> _gates;
    private readonly PlainSums<TLanes, TVector> _new;
    private readonly int _start;

    /// <param name="layer">Description and weights.</param>
    /// <param name="start">First float of h in a state row.</param>
    public GruResetBeforeVector(GruLayer layer, int start)
        : base(new StreamRows(layer.Inputs, layer.Hidden))
    {
        _gates = Pack(layer, 0, 2);
        _new = Pack(layer, 2, 1);
        _start = start;
    }

    public override void Step(in StreamGroup group, float* y, nint stride)
    {
        for (int at = 0; at < group.Count;)
        {
            int count = PlainSums<TLanes, TVector>.Next(group.Count - at);
            Rows.Gather(group, at, count, _start);
            float* x = Rows.Inputs + at * Rows.Stride, h = Rows.Hidden + at * Rows.Stride;
            _gates.Multiply(x, Rows.Stride, count);
            for (int m = 0; m < count; m++) Reset(_gates.Of(m), h + m * Rows.Stride);
            _new.Multiply(x, Rows.Stride, count);
            for (int m = 0; m < count; m++, at++)
                Update(_gates.Of(m) + _new.Floats, _new.Of(m), group.States[at] + _start, y + at * stride);
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        _gates.Dispose();
        _new.Dispose();
    }

    private void Reset(float* sums, float* h)
    {
        var powers = new Powers<TLanes, TVector>(PowerConstants.Pointer);
        for (float* end = sums + _new.Floats; sums < end; sums += TLanes.Width, h += TLanes.Width)
        {
            TVector power = powers.Of(TLanes.Load(sums));
            TLanes.Store(TLanes.Divide(TLanes.Load(h), TLanes.Add(powers.One, power)), h);
        }
    }

    private void Update(float* update, float* sums, float* state, float* y)
    {
        var powers = new Powers<TLanes, TVector>(PowerConstants.Pointer);
        for (float* end = sums + _new.Floats; sums < end; sums += TLanes.Width, update += TLanes.Width)
        {
            TVector next = GruGates<TLanes, TVector>.Blend(
                powers.One, powers.Of(TLanes.Load(update)), powers.Of(TLanes.Load(sums)), TLanes.Load(state));
            TLanes.Store(next, state);
            TLanes.Store(next, y);
            state += TLanes.Width;
            y += TLanes.Width;
        }
    }

    private static PlainSums<TLanes, TVector> Pack(GruLayer layer, int firstGate, int gates)
    {
        ReadOnlyMemory<float> weightIh = layer.WeightIh, weightHh = layer.WeightHh;
        ReadOnlyMemory<float> biasIh = layer.BiasIh, biasHh = layer.BiasHh;
        int inputs = layer.Inputs, hidden = layer.Hidden;
        int whole = (hidden + TLanes.Width - 1) / TLanes.Width * TLanes.Width;
        float Scaled(int at, Func<int, float> ofRow)
        {
            int gate = firstGate + at / whole, unit = at % whole;
            return unit < hidden ? PowerScale.Of(gate == 2, ofRow(gate * hidden + unit)) : 0;
        }

        return new PlainSums<TLanes, TVector>(gates * whole, inputs + hidden,
            (_, at, column) => Scaled(at, row => column < inputs
                ? weightIh.Span[row * inputs + column]
                : weightHh.Span[row * hidden + column - inputs]),
            (_, at) => Scaled(at, row => biasIh.Span[row] + biasHh.Span[row]));
    }
}
