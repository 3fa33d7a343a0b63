using System.Runtime.CompilerServices;
using Realtime.Cells.States;

namespace Realtime.Cells.Vectors;

/// <summary>The gated recurrent unit with the reset after the product; see <see cref="Scalar.GruScalar"/>.</summary>
internal sealed unsafe class GruVector<TLanes, TVector> : VectorLayer
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    // So few are stepped one by one.
    private const int Alone = 2;

    private readonly Panels _panels;
    private readonly AlignedFloats _sums = new(StreamGroup.Most * GruProducts<TLanes, TVector>.SumFloats);
    private readonly nint _inputs;
    private readonly nint _hidden;
    private readonly int _start;
    private bool _backwards;

    /// <param name="layer">Description and weights.</param>
    /// <param name="start">First float of h in a state row.</param>
    public GruVector(GruLayer layer, int start)
        : base(new StreamRows(layer.Inputs, layer.Hidden))
    {
        _inputs = layer.Inputs;
        _hidden = layer.Hidden;
        _start = start;
        _panels = Pack(layer);
    }

    public override void Step(in StreamGroup group, float* y, nint stride)
    {
        if (group.Count > Alone)
        {
            Streams(group, y, stride);
            return;
        }

        for (int at = 0; at < group.Count; at++) One(group.States[at], at, y + at * stride);
    }

    public override void StepOne(float* state, float* y) => One(state, 0, y);

    public override void Dispose()
    {
        base.Dispose();
        _panels.Dispose();
        _sums.Dispose();
    }

    // Panel by panel, so that a panel's weights serve all streams from the nearest cache.
    private void Streams(in StreamGroup group, float* y, nint stride)
    {
        Rows.Gather(group, 0, group.Count, _start);
        for (int panel = 0, unit = 0; panel < _panels.Count; panel++, unit += TLanes.Width)
        {
            Multiply(_panels.Weights(panel), _panels.Biases(panel), Rows.Inputs, group.Count);
            Update(_sums.Pointer, Rows.Hidden + unit, Rows.Stride, group.States, _start + unit, y + unit, stride,
                group.Count);
        }
    }

    // Eight streams' sums need 32 registers. What is missing of the last ones is stepped along: cheaper than one by
    // one.
    private void Multiply(float* w, float* b, float* x, int count)
    {
        float* sums = _sums.Pointer;
        for (int tile; count > 0; count -= tile)
        {
            tile = TLanes.Width == 16 && count > 4 ? 8 : 4;
            if (tile == 8) GruProducts<TLanes, TVector>.EightStreams(w, b, x, Rows.Stride, _inputs, _hidden, sums);
            else GruProducts<TLanes, TVector>.FourStreams(w, b, x, Rows.Stride, _inputs, _hidden, sums);
            x += tile * Rows.Stride;
            sums += tile * GruProducts<TLanes, TVector>.SumFloats;
        }
    }

    /// <summary>
    /// The panels of one stream in turns forwards and backwards, so that those read last, still in the nearest cache,
    /// are the first to be read again.
    /// </summary>
    private void One(float* state, int at, float* y)
    {
        state += _start;
        float* x = Rows.Inputs + at * Rows.Stride, h = state;
        int count = _panels.Count, pairs = count / 2;
        // Two panels of 8 lanes do not keep the processor busy.
        int first = TLanes.Width == 16 ? 0 : count / 4 * 4;
        // Panels that are summed together have all read the old state before one of them writes the new one.
        if (count > Math.Max(2, Math.Min(first, 4)))
        {
            h = Rows.Keep(state, at);
            _backwards = !_backwards;
        }

        if (first > 0) Fours(first, x, h, state, y);
        for (int i = first / 2; i < pairs; i++)
        {
            int panel = 2 * (_backwards ? pairs - 1 - (i - first / 2) : i), unit = panel * TLanes.Width;
            GruOne<TLanes, TVector>.TwoPanels(_panels.Weights(panel), _panels.Stride, _panels.Biases(panel), x,
                _inputs, h, _hidden, h + unit, state + unit, y + unit);
        }

        if (2 * pairs == count) return;
        int last = 2 * pairs * TLanes.Width;
        GruOne<TLanes, TVector>.OnePanel(_panels.Weights(2 * pairs), _panels.Biases(2 * pairs), x, _inputs, h,
            _hidden, h + last, state + last, y + last);
    }

    private void Fours(int count, float* x, float* h, float* state, float* y)
    {
        float** units = stackalloc float*[4];
        for (int i = 0; i < count; i += 4)
        {
            int panel = _backwards ? count - 4 - i : i, unit = panel * TLanes.Width;
            GruProducts<TLanes, TVector>.FourPanels(_panels.Weights(panel), _panels.Stride, _panels.Biases(panel), x,
                _inputs, h, _hidden, _sums.Pointer);
            for (int m = 0; m < 4; m++) units[m] = state + unit + m * TLanes.Width;
            Update(_sums.Pointer, h + unit, TLanes.Width, units, 0, y + unit, TLanes.Width, 4);
        }
    }

    /// <summary>
    /// A vector of units of each stream from their sums to h'. Not inlined, for the compiler to keep the sums above in
    /// registers; in loops of few instructions, so that the processor has many turns of each under way at once.
    /// </summary>
    /// <param name="sums">[stream][4][lane].</param>
    /// <param name="h">The old state of the first stream's units.</param>
    /// <param name="strideH">From one stream's old state to the next.</param>
    /// <param name="states">The state row of the first stream.</param>
    /// <param name="offset">Where in the rows the units go.</param>
    /// <param name="y">Where the first stream's go, too.</param>
    /// <param name="stride">From one stream's y to the next.</param>
    /// <param name="count">Streams.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Update(float* sums, float* h, nint strideH, float** states, nint offset, float* y,
        nint stride, int count)
    {
        int width = TLanes.Width, next = GruProducts<TLanes, TVector>.SumFloats;
        var powers = new Powers<TLanes, TVector>(PowerConstants.Pointer);
        float* end = sums + count * next;
        for (float* at = sums; at < end; at += next) powers.OfTwo(at, width);
        for (float* at = sums; at < end; at += next)
        {
            TVector n = GruGates<TLanes, TVector>.New(
                powers.One, TLanes.Load(at), TLanes.Load(at + 2 * width), TLanes.Load(at + 3 * width));
            TLanes.Store(powers.Of(n), at + 2 * width);
        }

        for (; sums < end; sums += next, h += strideH, states++, y += stride)
        {
            TVector state = GruGates<TLanes, TVector>.Blend(
                powers.One, TLanes.Load(sums + width), TLanes.Load(sums + 2 * width), TLanes.Load(h));
            TLanes.Store(state, *states + offset);
            TLanes.Store(state, y);
        }
    }

    private static Panels Pack(GruLayer layer)
    {
        ReadOnlyMemory<float> weightIh = layer.WeightIh, weightHh = layer.WeightHh;
        ReadOnlyMemory<float> biasIh = layer.BiasIh, biasHh = layer.BiasHh;
        int inputs = layer.Inputs, hidden = layer.Hidden;
        return new Panels(hidden, 3, inputs + hidden, 4, TLanes.Width,
            (gate, unit, column) =>
            {
                int row = gate * hidden + unit;
                return PowerScale.Of(gate == 2, column < inputs
                    ? weightIh.Span[row * inputs + column]
                    : weightHh.Span[row * hidden + column - inputs]);
            },
            (slot, unit) => slot switch
            {
                < 2 => PowerScale.Of(false, biasIh.Span[slot * hidden + unit] + biasHh.Span[slot * hidden + unit]),
                2 => PowerScale.Of(true, biasIh.Span[2 * hidden + unit]),
                _ => PowerScale.Of(true, biasHh.Span[2 * hidden + unit]),
            });
    }
}
