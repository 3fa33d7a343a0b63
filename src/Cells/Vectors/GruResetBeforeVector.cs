namespace Realtime.Cells.Vectors;

/// <summary>
/// The gated recurrent unit with the reset before the product; see <see cref="Scalar.GruScalar"/>. W_hn (r∘h) needs r
/// of every unit, hence a product in two parts: r and z, then n with r∘h in the place of h.
/// </summary>
internal sealed unsafe class GruResetBeforeVector<TLanes, TVector> : VectorLayer
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    private readonly PlainSums<TLanes, TVector> _reset;
    private readonly PlainSums<TLanes, TVector> _update;
    private readonly PlainSums<TLanes, TVector> _new;
    private readonly int _start;

    /// <param name="layer">Description and weights.</param>
    /// <param name="start">First float of h in a state row.</param>
    public GruResetBeforeVector(GruLayer layer, int start)
        : base(new StreamRows(layer.Inputs, layer.Hidden))
    {
        _reset = Pack(layer, 0);
        _update = Pack(layer, 1);
        _new = Pack(layer, 2);
        _start = start;
    }

    public override void Step(in StreamGroup group, float* y, nint stride)
    {
        for (int at = 0; at < group.Count;)
        {
            int count = PlainSums<TLanes, TVector>.Next(group.Count - at);
            Rows.Gather(group, at, count, _start);
            float* x = Rows.Inputs + at * Rows.Stride, h = Rows.Hidden + at * Rows.Stride;
            _reset.Multiply(x, Rows.Stride, count);
            _update.Multiply(x, Rows.Stride, count);
            for (int m = 0; m < count; m++) Reset(_reset.Of(m), h + m * Rows.Stride);
            _new.Multiply(x, Rows.Stride, count);
            for (int m = 0; m < count; m++, at++)
                Update(_update.Of(m), _new.Of(m), group.States[at] + _start, y + at * stride);
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        _reset.Dispose();
        _update.Dispose();
        _new.Dispose();
    }

    private void Reset(float* sums, float* h)
    {
        TVector one = TLanes.All(1);
        for (float* end = sums + _reset.Floats; sums < end; sums += TLanes.Width, h += TLanes.Width)
        {
            TVector power = LaneMath<TLanes, TVector>.Power(TLanes.Load(sums));
            TLanes.Store(TLanes.Divide(TLanes.Load(h), TLanes.Add(one, power)), h);
        }
    }

    private void Update(float* update, float* sums, float* state, float* y)
    {
        for (float* end = sums + _new.Floats; sums < end; sums += TLanes.Width, update += TLanes.Width)
        {
            TVector next = GruGates<TLanes, TVector>.Blend(
                TLanes.Load(update), TLanes.Load(sums), TLanes.Load(state));
            TLanes.Store(next, state);
            TLanes.Store(next, y);
            state += TLanes.Width;
            y += TLanes.Width;
        }
    }

    private static PlainSums<TLanes, TVector> Pack(GruLayer layer, int gate)
    {
        ReadOnlyMemory<float> weightIh = layer.WeightIh, weightHh = layer.WeightHh;
        ReadOnlyMemory<float> biasIh = layer.BiasIh, biasHh = layer.BiasHh;
        int inputs = layer.Inputs, hidden = layer.Hidden, first = gate * hidden;
        return new PlainSums<TLanes, TVector>(hidden, inputs + hidden,
            (_, unit, column) => PowerScale.Of(gate == 2, column < inputs
                ? weightIh.Span[(first + unit) * inputs + column]
                : weightHh.Span[(first + unit) * hidden + column - inputs]),
            (_, unit) => PowerScale.Of(gate == 2, biasIh.Span[first + unit] + biasHh.Span[first + unit]));
    }
}
